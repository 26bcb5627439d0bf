// How a browser or program names itself, in words: what people know it by, or else its own first word.
const browsers: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\//],
  ['Safari', /\bSafari\//],
];
const systems: ReadonlyArray<readonly [name: string, pattern: RegExp]> = [
  ['Android', /\bAndroid\b/],
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b/],
  ['Linux', /\bLinux\b/],
];

const findIn = (list: typeof browsers, text: string): string | undefined =>
  list.find(([, pattern]) => pattern.test(text))?.[0];

export function describeUserAgent(userAgent: string | null): string {
  if (userAgent === null) return 'Unnamed program';
  const browser = findIn(browsers, userAgent);
  if (browser === undefined) return userAgent.split(/[\s/]/, 1)[0] || userAgent;
  const system = findIn(systems, userAgent);
  return system === undefined ? browser : `${browser} on ${system}`;
}
