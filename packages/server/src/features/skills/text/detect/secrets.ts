// Leaked secrets: keys, tokens, passwords. What is shown of one is masked.
import type { SourceFile } from '../../read-source.ts';
import type { Detector, Finding } from '../finding.ts';
import { isTest } from '../languages.ts';
import { maskSource } from '../mask-source.ts';
import { findSecrets, mayHoldSecret } from '../secret-patterns.ts';

const LOCK_FILE =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|composer\.lock|Cargo\.lock|poetry\.lock|uv\.lock|go\.sum|Gemfile\.lock|Pipfile\.lock)$|\.map$/;
const SETTINGS =
  /(?:^|\/)(?:\.env(?:\.[^/]*)?|\.npmrc|\.pypirc|\.netrc|Dockerfile[^/]*|credentials)$|\.(?:env|ini|cfg|conf|properties|toml|ya?ml|tfvars|sh)$/i;
const SAMPLE = /\.(?:example|sample|template|dist|tmpl)$|(?:^|[/.])(?:example|sample)s?[/.]/i;
const DOCUMENT = /\.(?:md|markdown|mdx|rst|adoc|html?)$/i;
const PRIVATE_KEY = /-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED|PGP) )?PRIVATE KEY(?: BLOCK)?-----/;

export const secretsDetector: Detector = {
  kind: 'secrets',
  title: 'Strings that look like secrets',
  inFile(source) {
    if (LOCK_FILE.test(source.path) || !mayHoldSecret(source.text)) return [];
    const loose = SETTINGS.test(source.path);
    // Passwords in tests, samples and documents are made up, tokens with a vendor's prefix in tests and samples mostly.
    const isSample = isTest(source.path) || SAMPLE.test(source.path);
    const madeUp = isSample || DOCUMENT.test(source.path);
    const found: Finding[] = [];
    const documented = new Set(maskSource(source)?.comments.flatMap((one) => (one.documentation ? [one.line] : [])));
    for (const [index, line] of source.lines.entries()) {
      if (!mayHoldSecret(line)) continue;
      if (hasPrivateKey(source.lines, index)) {
        found.push(describe(source, index, 'private key', isSample));
        continue;
      }
      for (const secret of findSecrets(line, loose)) {
        const isExample = madeUp || documented.has(index + 1) || /^\s*\*/.test(line);
        if (madeUp && secret.kind.endsWith('of an example')) continue;
        if (isExample && /^(?:hard-coded|password in)/.test(secret.kind)) continue;
        found.push(describe(source, index, secret.kind, isSample));
      }
    }
    return found;
  },
};

function describe(source: SourceFile, index: number, kind: string, isSample: boolean): Finding {
  const named = /^(?:hard-coded|password)|of an example$/.test(kind)
    ? `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`
    : `a leaked ${kind}`;
  return {
    kind: 'secrets',
    path: source.path,
    line: index + 1,
    message: `looks like ${named}${isSample ? ', in a test or a sample' : ''}`,
    quote: source.lines[index] ?? '',
    weight: isSample ? 0 : 4,
    ...(isSample ? { aside: true } : {}),
    details: { secret: kind },
  };
}

/** The head of a key counts only when key material follows, so that code that looks for such heads is none. */
function hasPrivateKey(lines: readonly string[], index: number): boolean {
  const line = lines[index] ?? '';
  const head = PRIVATE_KEY.exec(line.slice(0, 4000));
  if (head === null) return false;
  if (index === 0 && head.index === 0 && line.trim() === head[0] && lines.length > 2) return true;
  const same = line.slice(head.index + head[0].length, head.index + 400).replaceAll('\\n', '\n');
  const following = [...same.split('\n'), ...lines.slice(index + 1, index + 6)];
  return following.some((text) => /^[\s"'`+|]*[A-Za-z0-9+/=]{24,}/.test(text) && !/^(?:x+|[.]+)$/i.test(text.trim()));
}

const SENSITIVE: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\/)\.env(?:\.(?:local|production|prod|staging|development|dev))?$|\.env$/, 'environment file'],
  [/(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/, 'private SSH key'],
  [/\.(?:p12|pfx|jks|keystore|kdbx|ppk)$/i, 'key store'],
  [/(?:^|\/)(?:\.netrc|\.pgpass|\.htpasswd)$/, 'file of credentials'],
  [/(?:^|\/)\.aws\/credentials$/, 'file of credentials'],
];

/** By its content: files of these names hold certificates as often, which everybody may see. */
function isPrivateKeyFile({ path, lines }: SourceFile): boolean {
  return /\.(?:pem|key)$/i.test(path) && !isTest(path) && lines.some((_line, index) => hasPrivateKey(lines, index));
}

/** Files that belong on a machine, not into a repository. */
export const sensitiveFilesDetector: Detector = {
  kind: 'sensitive-files',
  title: 'Files that should be kept out of git',
  inProject({ listing, sources }) {
    const keyFiles = new Set(sources.filter(isPrivateKeyFile).map(({ path }) => path));
    return listing.files.flatMap((file) => {
      if (file.tracked === false || file.bytes === 0 || SAMPLE.test(file.path)) return [];
      const known = SENSITIVE.find(([pattern]) => pattern.test(file.path))?.[1];
      const what = known ?? (keyFiles.has(file.path) ? 'private key' : undefined);
      if (what === undefined) return [];
      const message = file.tracked ? `${what} is committed to git` : `${what} lies in the project`;
      return [{ kind: 'sensitive-files', path: file.path, line: 1, message, weight: 3 }];
    });
  },
};
