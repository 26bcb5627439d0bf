// Makes the answer that is being written out of the pieces that the socket brings. Pure; the pieces may have gaps, since
// the stored message replaces all of this once it is there.
import type { Delta } from '@gathering/contract/frames';
import type { Json } from '@gathering/contract/json';

export interface StreamedCall {
  readonly callId: string;
  readonly tool: string;
  readonly input: Json;
  /** Null while it runs. */
  readonly result: { readonly ok: boolean; readonly output: string; readonly durationMs: number } | null;
}
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly call: StreamedCall };

export interface Stream {
  readonly turnId: string;
  readonly parts: readonly Part[];
  readonly ended: { readonly status: string; readonly stopReason: string | null } | null;
}

export function applyDelta(before: Stream | undefined, turnId: string, delta: Delta): Stream {
  const stream: Stream = before?.turnId === turnId ? before : { turnId, parts: [], ended: null };
  switch (delta.kind) {
    case 'turn-started':
      return stream;
    case 'text': {
      const last = stream.parts.at(-1);
      if (last?.kind !== 'text') return { ...stream, parts: [...stream.parts, { kind: 'text', text: delta.text }] };
      return { ...stream, parts: [...stream.parts.slice(0, -1), { kind: 'text', text: last.text + delta.text }] };
    }
    case 'tool-called': {
      const { callId, tool, input } = delta;
      return { ...stream, parts: [...stream.parts, { kind: 'call', call: { callId, tool, input, result: null } }] };
    }
    case 'tool-ended': {
      const { callId, tool, ok, output, durationMs } = delta;
      const result = { ok, output, durationMs };
      const isKnown = stream.parts.some((part) => part.kind === 'call' && part.call.callId === callId);
      const parts = isKnown
        ? stream.parts
        : [...stream.parts, { kind: 'call' as const, call: { callId, tool, input: null, result } }];
      return {
        ...stream,
        parts: parts.map((part) =>
          part.kind === 'call' && part.call.callId === callId ? { kind: 'call', call: { ...part.call, result } } : part,
        ),
      };
    }
    case 'turn-ended':
      return { ...stream, ended: { status: delta.status, stopReason: delta.stopReason } };
    default:
      return stream;
  }
}
