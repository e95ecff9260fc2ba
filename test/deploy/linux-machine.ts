/**
 * What stands in for the parts of a machine that a test cannot have: systemd, which does not run here, and npm, which would
 * fetch packages. All else of docs/linux.md is real. A namespace keeps what is written below /etc, /opt, /usr/local and /var
 * apart from this machine.
 */

/** Starts the unit's command as its user, with its environment and without capabilities; stops it by SIGTERM. */
export const SYSTEMCTL = `#!/bin/bash
set -euo pipefail
unit=/etc/systemd/system/resurs-callback-receiver.service
value() { sed -n "s/^$1=//p" "$unit"; }
stop() { kill "$(cat "$STATE/pid")"; while kill -0 "$(cat "$STATE/pid")" 2>/dev/null; do sleep 0.05; done; }
start() {
  cd "$(value WorkingDirectory)"
  umask "$(value UMask)"
  setpriv --reuid="$(value User)" --regid="$(value User)" --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
    env --ignore-environment $(value Environment) $(value ExecStart) >>"$STATE/journal" 2>&1 &
  echo $! >"$STATE/pid"
}
case "$*" in
  daemon-reload | 'reload nginx') ;;
  'enable --now resurs-callback-receiver') start ;;
  'restart resurs-callback-receiver') stop; start ;;
  'disable --now resurs-callback-receiver') stop ;;
  *) echo "systemctl $*?"; exit 1 ;;
esac
`;

/** Gives a release the packages that npm would install without those of development. */
export const NPM = `#!/bin/bash
set -euo pipefail
[ "$*" = 'ci --omit=dev --ignore-scripts' ]
for other in ../v*/node_modules; do if [ -e "$other" ]; then cp -al "$other" .; exit; fi; done
node -p '
  const { packages } = JSON.parse(fs.readFileSync("package-lock.json"));
  Object.keys(packages).filter((name) => name && !packages[name].dev && !packages[name].devOptional).join("\\n")
' | while read -r name; do
  if [ ! -e "$ROOT/$name" ] || [ -e "$name" ]; then continue; fi
  mkdir -p "$(dirname "$name")"
  cp -a "$ROOT/$name" "$name"
done
mkdir -p node_modules/.bin
cp -a "$ROOT/node_modules/.bin/node" node_modules/.bin/
`;

/** What the machine has before the first block; all of it is private to the namespace. */
export const MACHINE = `
  set -euo pipefail
  mount --bind "$STATE/opt" /opt
  for name in etc usr/local var; do
    mkdir -p "$STATE/over/$name"
    mount -t tmpfs over "$STATE/over/$name"
    mkdir "$STATE/over/$name/upper" "$STATE/over/$name/work"
    mount -t overlay over -o "lowerdir=/$name,upperdir=$STATE/over/$name/upper,workdir=$STATE/over/$name/work" "/$name"
  done
  mkdir -p /etc/nginx/conf.d /etc/systemd/system /var/backups /var/log/nginx
  rm -f /etc/nginx/sites-enabled/*
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=callbacks.shop.example \\
    -keyout /etc/nginx/receiver.key -out /etc/nginx/receiver.crt 2>/dev/null
  # Port 443 of this machine may be taken.
  nginx() { unshare --net nginx "$@"; }
  apt-get() { [ "$1 $2" = 'install --yes' ]; }
  journalctl() { [ "$*" = '--unit resurs-callback-receiver --output cat' ]; command cat "$STATE/journal"; }
  report() { echo; echo "== $1"; }`;
