// Writes docs/config.md from the schema that reads the configuration, so that the page cannot say anything else.
import { describeConfig, type SettingDescription } from './config.ts';

const introduction = `# Configuration

<!-- Made from packages/server/src/platform/config.ts; do not edit. \`npm run docs\` writes it, a test compares. -->

Settings come from the environment and are read once, at the start. None is needed: every one has a default that works,
or may be left out. An empty value counts as not set.

All faults are told together, each with what was found and what was expected, and the program ends with exit code 1
before it opens anything. A name that begins with \`GATHERING_\` and is not listed here is a fault too, so a misspelt
setting is never ignored. Values of secrets are never printed.

What an owner changes while the server runs (default model, retention) is not here: it is kept in the
database, on the page *Settings*.
`;

export function describeSettings(): string {
  const settings = describeConfig();
  return [introduction, describeList(settings), ...settings.map(describeSetting)].join('\n');
}

function describeList(settings: readonly SettingDescription[]): string {
  const rows = settings.map(
    ({ name, defaultValue }) =>
      `| [\`${name}\`](#${name.toLowerCase()}) | ${defaultValue === undefined ? 'not set' : `\`${defaultValue}\``} |`,
  );
  return ['| setting | default |', '| --- | --- |', ...rows, ''].join('\n');
}

function describeSetting({ name, description, expected, defaultValue, example, secret }: SettingDescription): string {
  return [
    `## ${name}`,
    '',
    description,
    '',
    `- Expected: ${expected}.`,
    `- Default: ${defaultValue === undefined ? 'not set' : `\`${defaultValue}\``}.`,
    `- Example: \`${example}\``,
    ...(secret ? ['- A secret: its value is never printed or logged.'] : []),
    '',
  ].join('\n');
}
