/**
 * Renders the two documents that explain every setting: `.env.example` and `docs/settings.md`. documents.test.ts
 * compares them with the files in the repository, so they cannot fall behind the table. Text about a single setting
 * belongs in its row of the table, not here.
 */
import { SETTING_GROUPS, type SettingName, settingOf } from '../../src/config/settings.ts';

const WIDTH = 120;

/** Renders `.env.example`: every setting is commented out at its default, except the secrets. */
export function renderEnvExample(): string {
  const groups = SETTING_GROUPS.map(({ title, names }) =>
    [`# ---- ${title} ----`, '', ...names.flatMap(renderEntry)].join('\n').trimEnd(),
  );
  return `${[ENV_HEADER, ...groups, COMPOSE_GROUP].join('\n\n')}\n`;
}

/** Renders `docs/settings.md`. */
export function renderSettingsPage(): string {
  const groups = SETTING_GROUPS.map(({ title, names }) => `## ${title}\n\n${renderTable(names)}`);
  return `${[PAGE_HEADER, ...groups].join('\n\n')}\n`;
}

function renderTable(names: readonly SettingName[]): string {
  const rows = names.map((name) => {
    const { defaultText, kind, meaning, secret } = settingOf(name);
    const shownDefault = defaultText === null || defaultText === '' ? '–' : `\`${defaultText}\``;
    const cells = [`\`${name}\`${secret ? ' (secret)' : ''}`, shownDefault, meaning, kind.expected];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| name | default | meaning | value |', '|---|---|---|---|', ...rows].join('\n');
}

function renderEntry(name: SettingName): string[] {
  const { defaultText, kind, meaning, secret, sample } = settingOf(name);
  const value = `Value: ${kind.expected}${secret ? `; also read from ${name}_FILE=/path` : ''}.`;
  const note = sample === undefined ? [] : ['Sample value: replace it before go-live.'];
  const comment = [meaning, value, ...note].flatMap((text) => wrap(text, WIDTH - 2)).map((line) => `# ${line}`);
  return [...comment, secret ? `${name}=${sample ?? ''}` : `#${name}=${defaultText ?? ''}`, ''];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

const ENV_HEADER = `# Settings of resurs-callback-receiver. Copy this file to .env. A line that is commented out shows the default. An empty
# value counts as unset. Put a value with $, # or spaces in single quotes. Secrets with a value are SAMPLES: every start
# warns about them and "doctor" fails them, so replace them before go-live. Secrets are not commented out even if they
# are empty, because docker-compose.yml needs each of them to be defined.
# Rendered from the table in src/config: change a text there, then run UPDATE_SNAPSHOTS=1 npm test to write this file.
# "npx receiver config" prints the settings in effect.`;

const COMPOSE_GROUP = `# ---- Only for docker-compose.yml ----

# Password of the database that compose starts: only letters and digits, because it becomes part of a URL. It takes effect
# when the database is created; docs/deployment.md explains how to change it later. Sample value: replace it before the
# first start.
POSTGRES_PASSWORD=sampleChangeMe0sampleChangeMe

# Where callbacks are published on this machine: an address and a port, or only a port for every address. For several
# receivers: a range (127.0.0.1:8080-8082), or 127.0.0.1: for any free ports.
#PUBLISHED=127.0.0.1:8080

# The same for the status API with the page, http://127.0.0.1:8081/ui/. Everybody who can reach it can try tokens: leave it
# on this machine, and reach it from elsewhere by SSH.
#PUBLISHED_STATUS=127.0.0.1:8081

# What starts with every docker compose up, beside receiver and Postgres: caddy (HTTPS), prometheus, or both with a comma.
#COMPOSE_PROFILES=caddy

# The public name for which Caddy obtains a certificate. Without one it answers as https://localhost, with a certificate
# that it makes itself.
#PUBLIC_NAME=callbacks.shop.example

# Where Caddy is published. Resurs calls port 443, and Caddy needs both for a public certificate. Only to try it beside
# another web server: 127.0.0.1:8000 and 127.0.0.1:8443.
#PUBLISHED_HTTP=80
#PUBLISHED_HTTPS=443

# The first three numbers of the network between Caddy and the receiver. Change them if this machine already uses them.
#NETWORK=10.89.173`;

const PAGE_HEADER = `# Settings

All settings are environment variables. This page is rendered from the table in \`src/config\`: change a text there, then
run \`UPDATE_SNAPSHOTS=1 npm test\`. \`.env.example\` has the same content as a file to copy.

- An empty value counts as unset.
- All errors are reported together, each with its fix, and the service exits with code 78.
- \`npx receiver config\` prints the settings in effect and where each comes from. Secrets are masked, and so are user
  name, password and query of every URL.
- Every secret can be read from a file: \`DIGEST_KEY_FILE=/run/secrets/key\` instead of \`DIGEST_KEY\`. One line break at the
  end of the file is ignored. Setting both is an error, and so is a file that is missing, unreadable or empty.
- Settings and their files are read at start. Two are read again without a restart: renewed TLS certificates, and the
  files of database URLs, when the server refuses the login.
- \`…_PREVIOUS\` is the old value during a change. It needs the current setting as well.
- A variable that looks like a misspelled setting gives a warning, and so does a weak secret.`;
