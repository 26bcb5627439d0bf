// A message of a client as a frame of the contract, or the refusal that says what is wrong with it.
import { AppError } from '@gathering/contract/errors';
import { type ClientFrame, clientFrameSchema } from '@gathering/contract/frames';
import { isWithinDepth } from '@gathering/contract/json';
import { describeIssues } from '../http/describe-issues.ts';
import { findBadText } from '../http/find-bad-text.ts';

export type FrameReading =
  | { readonly frame: ClientFrame }
  | { readonly refusal: AppError; readonly ref: string | undefined };

export function readFrame(text: string): FrameReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return {
      refusal: new AppError('request.malformed', { detail: 'A frame is a JSON object.', cause }),
      ref: undefined,
    };
  }
  const ref = refOf(value);
  if (!isWithinDepth(value)) return { refusal: new AppError('request.too-deep'), ref };
  const [badText] = findBadText(value);
  if (badText !== undefined) return { refusal: refuse(badText), ref };
  const parsed = clientFrameSchema.safeParse(value);
  if (parsed.success) return { frame: parsed.data };
  const [fault] = describeIssues(parsed.error.issues, value, clientFrameSchema);
  return { refusal: refuse(fault), ref };
}

function refuse(fault: { at: string; message: string; got?: string | undefined } | undefined): AppError {
  if (fault === undefined) return new AppError('request.invalid');
  const got = fault.got === undefined ? '' : ` Got ${fault.got}.`;
  return new AppError('request.invalid', { detail: `${fault.at || 'The frame'}: ${fault.message}${got}` });
}

/** So that whoever sent it finds out which of its frames was refused. */
function refOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('ref' in value)) return undefined;
  return typeof value.ref === 'string' && value.ref.length <= 100 ? value.ref : undefined;
}
