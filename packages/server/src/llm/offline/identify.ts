// How this model names itself. Every answer carries the sentence; answers that are JSON carry it in
// their metadata, because a schema may allow no room for it.

export const OFFLINE_PROVIDER = 'offline';
export const OFFLINE_MODEL_ID = 'offline-1';
export const OFFLINE_NOTICE = 'Answered by the built-in offline model: extracts only, no reasoning.';

/** An answer of this model inside another prompt is material; its notice must not be quoted as a finding. */
export function isNotice(line: string): boolean {
  return line.includes(OFFLINE_NOTICE);
}
