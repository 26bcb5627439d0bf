// Ways to write a path that leads out of a folder: every encoding of the step up, at several depths, before several
// targets, and the names that are dangerous by themselves.

const stepsUp = [
  '../',
  '..\\',
  './../',
  '..//',
  '/..//',
  '....//',
  '..../\\',
  '....\\/',
  '..;/',
  '.. /',
  '..\t/',
  '%2e%2e/',
  '%2e%2e%2f',
  '..%2f',
  '%2e./',
  '.%2e/',
  '..%5c',
  '%2e%2e%5c',
  '%252e%252e%252f',
  '..%252f',
  '..%255c',
  '%25252e%25252e%25252f',
  // Overlong UTF-8 of `.`, `/` and `\`.
  '%c0%ae%c0%ae/',
  '%c0%ae%c0%ae%c0%af',
  '..%c0%af',
  '..%c1%9c',
  '..%e0%80%af',
  '%e0%80%ae%e0%80%ae/',
  '..%f0%80%80%af',
  // Halfwidth, fullwidth and other signs that normalisation turns into `.` and `/`.
  '\uff0e\uff0e/',
  '\uff0e\uff0e\uff0f',
  '\u2024\u2024/',
  '..\u2215',
  '..\u2044',
  '%ef%bc%8e%ef%bc%8e%ef%bc%8f',
  '%uff0e%uff0e%u2215',
  '..%u2215',
  '..%00/',
  '..%0d%0a/',
  '.%00./',
];

/** Forms for a canary that lies beside the folder, at `absolute`, and is called `name`. */
export function traversalForms(name: string, absolute: string): readonly string[] {
  const forms = new Set<string>();
  for (const step of stepsUp)
    for (const depth of [1, 2, 3, 8]) {
      forms.add(`${step.repeat(depth)}${name}`);
      forms.add(`sub/${step.repeat(depth + 1)}${name}`);
    }
  const bare = absolute.replace(/^\//, '');
  for (const step of ['../', '%2e%2e/', '..%2f', '..\\', '....//']) forms.add(`${step.repeat(24)}${bare}`);
  for (const form of absoluteForms(absolute)) forms.add(form);
  for (const ending of ['%00', '%00.txt', '\0', '\0.txt', '%20', '.', '/', '/.', '::$DATA', '?', '#', '%23', ';'])
    forms.add(`../${name}${ending}`);
  for (const length of [255, 256, 1023, 4095]) {
    forms.add(`${'a/../'.repeat(Math.ceil(length / 5))}../${name}`);
    forms.add(`${'a'.repeat(length)}/../../${name}`);
  }
  return [...forms];
}

function absoluteForms(absolute: string): string[] {
  return [
    absolute,
    `/${absolute}`,
    `//${absolute}`,
    `file://${absolute}`,
    `\\${absolute.replaceAll('/', '\\')}`,
    `C:${absolute}`,
    `C:\\${absolute.slice(1).replaceAll('/', '\\')}`,
    `\\\\localhost\\c$${absolute.replaceAll('/', '\\')}`,
    `//localhost${absolute}`,
    `\\\\?\\${absolute}`,
    absolute.replaceAll('/', '%2f'),
    absolute.replaceAll('/', '%5c'),
    encodeURIComponent(encodeURIComponent(absolute)),
    `/proc/self/root${absolute}`,
    `/proc/thread-self/root${absolute}`,
    `/dev/fd/../../..${absolute}`,
    `~${absolute}`,
    '~/.ssh/id_rsa',
    '/proc/self/environ',
    '/proc/self/mem',
    '/proc/self/cwd/package.json',
    '/proc/1/environ',
    '/proc/kmsg',
    '/dev/zero',
    '/dev/urandom',
    '/dev/stdin',
    '/dev/tty',
    '/etc/passwd',
    '/etc/shadow',
    '/sys/kernel/notes',
    'CON',
    'NUL',
    'AUX',
    'PRN.txt',
    'COM1',
    '.git/config',
    '.GIT/config',
    '.git./config',
    '.git\u200c/config',
    'git~1/config',
    '.git::$INDEX_ALLOCATION/config',
  ];
}
