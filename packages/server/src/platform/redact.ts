// Takes secrets out of what is going to be kept or shown: passwords in addresses, and what is named like a secret.
import type { Json } from '@gathering/contract/json';

const hidden = '[secret]';

// Also as JSON writes it, with escaped slashes. Bounded, so that no text makes it slow.
const addressUser = /(:(?:\\?\/){2})[^\s/?#@"'`<>\\:]{0,200}:[^\s/?#@"'`<>\\]{1,500}@/g;
const secretName = /^(proxy-)?authorization$|^(set-)?cookie$|password|passphrase|secret|api[-_]?key|(^|[-_])token$/i;

/** `https://me:password@example.org/` becomes `https://[secret]@example.org/`. */
export function hideCredentials(text: string): string {
  return text.replace(addressUser, `$1${hidden}@`);
}

/** The same for every text of a value; what stands under the name of a secret is left out whole. */
export function hideSecrets(value: Json): Json {
  if (typeof value === 'string') return hideCredentials(value);
  if (Array.isArray(value)) return value.map(hideSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      secretName.test(name) && item !== null && item !== '' ? hidden : hideSecrets(item),
    ]),
  );
}

/** Every place of one known secret. */
export function hideText(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, hidden);
}
