// The closed list of refusals: code -> HTTP status -> sentence for a person. Whatever the server refuses on HTTP or
// on the socket, it refuses with one of these; docs/errors.md is made from this list. How the node of a run failed
// is told by codes of its own (docs/guides/pipelines.md).
import * as z from 'zod';

export type ErrorKind = 'refused' | 'unavailable' | 'bug';

interface ErrorEntry {
  readonly status: number;
  readonly kind: ErrorKind;
  readonly title: string;
  /** What the reader can do about it. */
  readonly mend: string;
}

const refused = (status: number, title: string, mend: string): ErrorEntry => ({ status, kind: 'refused', title, mend });
const unavailable = (status: number, title: string, mend: string): ErrorEntry => ({
  status,
  kind: 'unavailable',
  title,
  mend,
});

export const errorCatalogue = {
  'request.invalid': refused(
    400,
    'The request does not have the form that this route expects.',
    'Mend the fields listed in `faults`.',
  ),
  'request.malformed': refused(400, 'The request cannot be read.', 'Check the URL and the JSON syntax of the body.'),
  'request.too-deep': refused(400, 'The body is nested too deeply.', 'Send JSON nested at most 64 levels deep.'),
  'request.too-large': refused(413, 'The body is larger than this route accepts.', 'Send a smaller body.'),
  'request.unsupported-type': refused(
    415,
    'The content type is not supported.',
    'Send `content-type: application/json`.',
  ),
  'request.not-found': refused(404, 'There is nothing at this address.', 'See /api/docs for the routes that exist.'),
  'request.too-many': refused(429, 'Too many requests.', 'Wait as long as `Retry-After` says, then try again.'),
  'request.timeout': refused(408, 'The request took too long to arrive.', 'Send it again on a better connection.'),
  'server.bug': {
    status: 500,
    kind: 'bug',
    title: 'Something went wrong on our side.',
    mend: 'Quote the request id to whoever runs this server; the log has the cause.',
  },
  'server.draining': unavailable(503, 'The server is shutting down.', 'Try again in a moment.'),
  'server.overloaded': unavailable(503, 'The server is too busy right now.', 'Try again in a moment.'),
  'database.unavailable': unavailable(
    503,
    'The database cannot be reached.',
    'Try again in a moment; `gathering doctor` says what is wrong.',
  ),
  'auth.required': refused(401, 'Sign in first.', 'Send `Authorization: Bearer <token>` from POST /api/auth/login.'),
  'auth.forbidden': refused(403, 'You may not do this.', 'Ask an owner for the permission that the details name.'),
  'auth.wrong-credentials': refused(401, 'The e-mail or the password is wrong.', 'Check both and try again.'),
  'auth.locked-out': refused(429, 'Too many failed sign-ins.', 'Wait as long as `Retry-After` says, then try again.'),
  'auth.setup-done': refused(409, 'This server already has an owner.', "Sign in with the owner's e-mail and password."),
  'auth.setup-link-invalid': refused(
    403,
    'This set-up link is not valid any more.',
    'Use the link that the server printed at its latest start.',
  ),
  'auth.ticket-invalid': refused(
    401,
    'The socket ticket is unknown, used or expired.',
    'Ask for a new one with POST /api/auth/socket-ticket.',
  ),
  'auth.csrf-invalid': refused(
    403,
    'The request does not come from a page of this server.',
    'Load the page again; programs use a bearer token in place of the cookie.',
  ),
  'auth.foreign-origin': refused(
    403,
    'The request comes from a page of another site.',
    'Open the dashboard at its own address. Behind a proxy, GATHERING_PUBLIC_URL must be that address.',
  ),
  'auth.second-factor-required': refused(
    401,
    'This account asks for a second factor.',
    'Send the code of the authenticator app, or a recovery code, as `code`.',
  ),
  'auth.wrong-code': refused(401, 'The code is wrong or was used before.', 'Wait for the next code of the app.'),
  'auth.refresh-invalid': refused(401, 'This refresh token is not valid any more.', 'Sign in again.'),
  'auth.wrong-password': refused(403, 'This is not your current password.', 'Type it again.'),
  'auth.weak-password': refused(
    422,
    'This password is too easy to guess.',
    'Choose one that is not on lists of common passwords: four or more words that do not belong together.',
  ),
  'auth.registration-closed': refused(
    403,
    'Nobody can register here by themselves.',
    'Ask an owner or admin of this server for an invitation.',
  ),
  'auth.email-taken': refused(409, 'There is an account with this e-mail address.', 'Use another address.'),
  'auth.link-invalid': refused(
    403,
    'This link was used, replaced or is too old.',
    'Ask whoever gave it to you for a new one.',
  ),
  'auth.session-not-found': refused(404, 'There is no such session.', 'List your sessions again.'),
  'auth.second-factor-on': refused(409, 'A second factor is set up already.', 'Remove it first.'),
  'auth.second-factor-off': refused(409, 'No second factor is being set up.', 'Begin with your password.'),
  'auth.api-key-not-found': refused(404, 'There is no such API key.', 'List your keys again.'),
  'auth.scope-beyond-role': refused(
    422,
    'A key cannot do more than its user.',
    'Leave out the scopes that the details name.',
  ),
  'auth.expiry-in-the-past': refused(422, 'The key would have expired already.', 'Choose a later time.'),
  'auth.too-many-api-keys': refused(409, 'There are 100 API keys of yours.', 'Delete those that are not used.'),
  'auth.too-many-invitations': refused(409, 'There are 100 open invitations.', 'Take some of them back.'),
  'auth.user-not-found': refused(404, 'There is no such user.', 'List the users to see who exists.'),
  'auth.invitation-not-found': refused(404, 'There is no such invitation.', 'List the invitations again.'),
  'auth.role-above-own': refused(
    403,
    'This touches a role above your own.',
    'Ask somebody with that role, or with a higher one.',
  ),
  'auth.last-owner': refused(409, 'This is the last owner who can sign in.', 'Make somebody else an owner first.'),
  'auth.not-yourself': refused(409, 'Nobody does this to their own account.', 'Ask another owner or admin.'),
  'projects.not-found': refused(404, 'There is no such project.', 'Check the id, or list the projects.'),
  'projects.member-not-found': refused(404, 'This user is no member of the project.', 'List the members again.'),
  'projects.too-many-members': refused(409, 'The project has 1,000 members.', 'Remove those who left.'),
  'projects.name-taken': refused(409, 'A project of this name exists.', 'Choose another name.'),
  'projects.folder-unusable': refused(
    422,
    'This folder cannot be a project.',
    'Name an existing, readable folder on the server by its absolute path.',
  ),
  'projects.in-use': refused(409, 'Runs that are not finished use this project.', 'Cancel them or wait for their end.'),
  'providers.not-found': refused(404, 'There is no such model provider.', 'List the providers to see which exist.'),
  'providers.name-taken': refused(409, 'A provider of this name exists.', 'Choose another name.'),
  'providers.built-in': refused(
    409,
    'The built-in provider cannot be changed or removed.',
    'Add another provider and make it the default.',
  ),
  'providers.in-use': refused(409, 'Agents or the default model use this provider.', 'Give them another model first.'),
  'providers.model-unknown': refused(422, 'This provider has no such model.', 'Name a model that the provider lists.'),
  'providers.call-failed': unavailable(
    502,
    'The model provider did not answer as expected.',
    'The details say what it answered; test the provider on the Models page.',
  ),
  'skills.tool-forbidden': refused(
    403,
    'Whoever set this to work may not use the tool.',
    'Ask an owner for the permission that the details name.',
  ),
  'skills.tool-unknown': refused(422, 'There is no such tool.', 'List the skills to see which tools exist.'),
  'agents.not-found': refused(404, 'There is no such agent.', 'List the agents to see which exist.'),
  'agents.handle-taken': refused(409, 'An agent with this handle exists.', 'Choose another handle.'),
  'agents.in-use': refused(
    409,
    'Pipelines use this agent.',
    'Remove it from the pipelines named in the details first.',
  ),
  'agents.persona-not-found': refused(404, 'There is no such persona.', 'List the personas to see which exist.'),
  'agents.persona-name-taken': refused(409, 'A persona of this name exists.', 'Choose another name.'),
  'agents.persona-built-in': refused(
    409,
    'A built-in persona cannot be changed or removed.',
    'Create your own from it.',
  ),
  'agents.persona-in-use': refused(409, 'Agents use this persona.', 'Give them another persona first.'),
  'agents.chat-not-found': refused(404, 'There is no such chat.', 'Start a new chat with the agent.'),
  'agents.turn-running': refused(409, 'The agent is still answering in this chat.', 'Wait for the answer, or stop it.'),
  'agents.turn-not-found': refused(404, 'There is no such turn.', 'Open the chat or the run again.'),
  'agents.step-not-waiting': refused(
    409,
    'This step does not wait for a decision.',
    'Open the run again to see where it stands.',
  ),
  'agents.skill-unknown': refused(422, 'There is no such skill.', 'List the skills to see which exist.'),
  'tasks.not-found': refused(404, 'There is no such background run.', 'List the background runs to see which exist.'),
  'tasks.ended': refused(409, 'This background run has ended.', 'Start a new one.'),
  'tasks.already-paused': refused(409, 'This background run is paused, or about to be.', 'Resume it to go on.'),
  'tasks.not-paused': refused(409, 'This background run is not paused.', 'Open it again to see where it stands.'),
  'tasks.not-waiting': refused(
    409,
    'This background run does not wait for a decision.',
    'Open it again to see where it stands.',
  ),
  'tasks.too-many-messages': refused(
    409,
    'This background run has taken as many messages as it can.',
    'Start a new one with a goal that says all of it.',
  ),
  'pipelines.not-found': refused(404, 'There is no such pipeline.', 'List the pipelines to see which exist.'),
  'pipelines.invalid': refused(422, 'The pipeline has faults.', 'Mend the faults listed; each names its node.'),
  'pipelines.changed': refused(
    409,
    'Somebody changed this pipeline since you opened it.',
    'Open it again and repeat your change.',
  ),
  'pipelines.input-invalid': refused(
    422,
    "The input does not fit the trigger's schema.",
    'Mend the fields listed in `faults`.',
  ),
  'pipelines.run-not-found': refused(404, 'There is no such run.', 'List the runs to see which exist.'),
  'pipelines.run-ended': refused(409, 'This run has ended.', 'Start a new run.'),
  'pipelines.run-not-running': refused(409, 'This run is not under way.', 'Open the run again to see where it stands.'),
  'pipelines.run-not-paused': refused(409, 'This run is not paused.', 'Open the run again to see where it stands.'),
  'pipelines.run-not-stopped': refused(
    409,
    'Only a run that failed, was cancelled or timed out is retried.',
    'Wait for its end, or start a new run.',
  ),
  'pipelines.node-not-found': refused(404, 'There is no such node.', 'Take the id of a node of the definition.'),
  'pipelines.node-not-runnable': refused(
    422,
    'This node does nothing by itself.',
    'Choose a node that does work: an agent, a condition, a delay or an action.',
  ),
  'pipelines.fork-impossible': refused(
    422,
    'The run cannot be forked there.',
    'Mend what the faults name, or fork from an earlier node.',
  ),
  'pipelines.in-use': refused(409, 'Runs of this pipeline are not finished.', 'Cancel them or wait for their end.'),
  'pipelines.version-not-found': refused(
    404,
    'There is no such version of this pipeline.',
    'List the versions to see which are kept.',
  ),
  'pipelines.nothing-to-publish': refused(
    409,
    'This pipeline has no draft: what is stored is published.',
    'Change the pipeline first.',
  ),
  'pipelines.idempotency-mismatch': refused(
    422,
    'This idempotency key was used for another request.',
    'Send the first request again unchanged, or use a new key.',
  ),
  'pipelines.trigger-not-found': refused(
    404,
    'There is no such trigger of this pipeline.',
    'List the triggers of the pipeline.',
  ),
  'pipelines.trigger-invalid': refused(422, 'The trigger has faults.', 'Mend the fields listed in `faults`.'),
  'pipelines.too-many-triggers': refused(409, 'This pipeline has 50 triggers.', 'Remove those that are not used.'),
  'pipelines.hook-not-found': refused(
    404,
    'There is no webhook at this address.',
    'Copy the address again; a trigger that was switched off or removed has none.',
  ),
  'pipelines.hook-signature-invalid': refused(
    401,
    'The signature of this webhook does not fit.',
    'Sign timestamp and body with the secret of the trigger, as docs/guides/triggers.md shows.',
  ),
  'pipelines.hook-replayed': refused(
    409,
    'This signed request came before.',
    'Sign each delivery anew; send an `Idempotency-Key` where you repeat one.',
  ),
  'pipelines.hook-unable': refused(
    409,
    'The pipeline behind this webhook cannot be started now.',
    'Whoever made the trigger sees the reason beside it.',
  ),
  'pipelines.node-not-waiting': refused(
    409,
    'This node does not wait for a decision.',
    'Open the run again to see where it stands.',
  ),
  'pipelines.signal-key-wrong': refused(
    409,
    'This node waits for another key.',
    'Send the key that the node was given, or find the run that waits for yours.',
  ),
  'approvals.not-found': refused(404, 'There is no such approval.', 'List the approvals to see which wait for you.'),
  'approvals.not-yours': refused(403, 'This is not yours to decide.', 'The details say who may decide it.'),
  'approvals.closed': refused(409, 'This is decided already, or not asked any more.', 'Open it to see how it ended.'),
  'approvals.other-content': refused(
    409,
    'Your vote is for something else than what is asked.',
    'Read the approval again, and vote on what it shows.',
  ),
  'approvals.voted': refused(409, 'You have voted on this.', 'Others must decide now; nobody votes twice.'),
  'schedules.not-found': refused(404, 'There is no such schedule.', 'List the schedules to see which exist.'),
  'schedules.invalid': refused(422, 'The schedule has faults.', 'Mend the faults listed; nothing was saved.'),
  'schedules.changed': refused(
    409,
    'Somebody changed this schedule since you opened it.',
    'Open it again and repeat your change.',
  ),
  'schedules.ended': refused(409, 'This schedule has ended.', 'Change its end or its count to begin it anew.'),
  'schedules.refused': refused(
    409,
    'The work of this schedule cannot be started.',
    'The details say why; change what it does.',
  ),
  'schedules.too-many': refused(409, 'There are 10,000 schedules.', 'Remove those that are not needed.'),
  'notifications.not-found': refused(404, 'There is no such notification.', 'Open the inbox again.'),
  'operations.breaker-not-found': refused(
    404,
    'There is no such circuit breaker.',
    'List the breakers; one that has not failed for a week is not kept.',
  ),
  'operations.dead-letter-not-found': refused(
    404,
    'There is no such dead letter.',
    'List them again; old ones are removed.',
  ),
  'operations.dead-letter-settled': refused(
    409,
    'This dead letter was redriven or dismissed already.',
    'Open it again to see when and by whom.',
  ),
  'operations.redrive-refused': refused(
    409,
    'This job cannot be done again.',
    'The details say what to do in its place; dismiss it when that is done.',
  ),
  'events.cursor-invalid': refused(
    400,
    'This cursor is not one of ours.',
    'Subscribe without a cursor to begin at the present.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]];

/** One thing that is wrong with an input. `at` is a JSON pointer (`/nodes/2/config`) or a file position. */
export const faultSchema = z.strictObject({
  at: z.string().describe('Where: a JSON pointer into the part that `in` names.'),
  in: z.enum(['body', 'query', 'params', 'headers', 'file', 'definition', 'input']).optional(),
  rule: z.string().describe('The rule that was broken, as a short stable word.'),
  message: z.string().describe('The fault in a sentence.'),
  got: z.string().optional().describe('What was found there, shortened.'),
  example: z.string().optional().describe('Something that would be accepted.'),
  nodeId: z.string().optional().describe('The node of a pipeline that the fault belongs to.'),
  edge: z.string().optional().describe('The edge of a pipeline that the fault belongs to.'),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
});
export type Fault = z.infer<typeof faultSchema>;

/** RFC 9457 problem details, as every error of the API is answered. */
export const problemSchema = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(errorCodes),
  detail: z.string().optional(),
  mend: z.string(),
  requestId: z.string(),
  faults: z.array(faultSchema).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** A refusal with a code of the catalogue. `detail` is shown to the caller, `cause` only goes to the log. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    more: { detail?: string; faults?: readonly Fault[]; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(more.detail ?? errorCatalogue[code].title, { cause: more.cause });
    this.code = code;
    this.detail = more.detail;
    this.faults = more.faults;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}
