/**
 * Writes the two documents that explain every setting: `.env.example` and `docs/settings.md`. Both are kept in the repository and
 * compared with what is rendered here, so they cannot fall behind the table. Explanations of the table's own
 * rows belong into the table, not here.
 */
import { SETTING_GROUPS, type SettingName, settingOf } from './settings.ts';

const WIDTH = 120;

/** The whole of `.env.example`: every setting commented out at its default, but for the secrets. */
export function renderEnvExample(): string {
  const groups = SETTING_GROUPS.map(({ title, names }) =>
    [`# ---- ${title} ----`, '', ...names.flatMap(renderEntry)].join('\n').trimEnd(),
  );
  return `${[ENV_HEADER, ...groups, COMPOSE_GROUP].join('\n\n')}\n`;
}

/** The whole of `docs/settings.md`. */
export function renderSettingsPage(): string {
  const groups = SETTING_GROUPS.map(({ title, names }) => `## ${title}\n\n${renderTable(names)}`);
  return `${[PAGE_HEADER, ...groups].join('\n\n')}\n`;
}

/** A Markdown table of some settings, one row each. */
export function renderTable(names: readonly SettingName[]): string {
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
  const value = `Value: ${kind.expected}${secret ? `; also taken from ${name}_FILE=/path` : ''}.`;
  const note = sample === undefined ? [] : ['A sample: replace it before go-live.'];
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

const ENV_HEADER = `# Settings of resurs-callback-receiver: copy this file to .env. A line that is commented out shows its default; an empty value
# is an unset one; put a value with $, # or spaces into single quotes. Secrets with a value are SAMPLES,
# which every start warns about and "doctor" fails: replace them before go-live. Secrets stand without a comment mark even
# where they are empty: docker-compose.yml wants each of them named.
# Rendered from the table in src/config: change a text there, then run UPDATE_SNAPSHOTS=1 npm test to write this file.
# "node src/main.ts config" shows what is in effect.`;

const COMPOSE_GROUP = `# ---- Only for docker-compose.yml ----

# Password of the database that compose starts: letters and digits, since it becomes a part of a URL. It counts when the
# database is made; docs/deployment.md says how to change it afterwards. A sample: replace it before the first start.
POSTGRES_PASSWORD=sampleChangeMe0sampleChangeMe

# Where callbacks are published on this machine: an address and a port, or a port alone for every address; for several
# receivers a range (127.0.0.1:8080-8082), or 127.0.0.1: for any free ports.
#PUBLISHED=127.0.0.1:8080

# With --profile caddy: the public name for which Caddy gets a certificate.
#PUBLIC_NAME=callbacks.shop.example

# The first three numbers of the network between Caddy and the receiver, should these be taken on this machine.
#NETWORK=10.89.173`;

const PAGE_HEADER = `# Settings

All settings are environment variables. This page is rendered from the table in \`src/config\`: change a text there, then run
\`UPDATE_SNAPSHOTS=1 npm test\`. \`.env.example\` holds the same as a file to copy.

- An empty value is an unset one.
- All faults are reported together, each with its fix, and the service exits with code 78.
- \`node src/main.ts config\` shows what is in effect and where it comes from. Secrets are masked, and so are user name, password
  and query of every URL.
- Every secret can come from a file: \`DIGEST_KEY_FILE=/run/secrets/key\` instead of \`DIGEST_KEY\`. One line break at the end of the
  file does not count. Setting both is a fault, and so is a file that is missing, unreadable or empty.
- \`…_PREVIOUS\` holds the old value while something changes over. It needs the current one beside it.
- A variable that looks like one of these but is none, and a weak secret, give a warning.`;
