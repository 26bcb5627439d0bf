// Decisions that wait for a person. What is decided on is fixed when it is asked: a vote names the hash of what its
// person was shown, and one for anything else is refused.
import * as z from 'zod';
import { idSchema, timeSchema } from './ids.ts';
import { jsonObjectSchema } from './json.ts';
import { pageOf, pageQuery } from './paging.ts';
import { roles } from './permissions.ts';
import { defineRoute } from './route.ts';

export const approvalStates = ['open', 'approved', 'rejected', 'expired', 'withdrawn'] as const;
export type ApprovalState = (typeof approvalStates)[number];

const hashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits')
  .meta({ examples: ['5e'.repeat(32)] });

export const voteSchema = z.strictObject({
  userId: idSchema,
  userName: z.string().nullable().describe('Null: this person has no account any more.'),
  decision: z.enum(['approve', 'reject']),
  comment: z.string(),
  at: timeSchema,
});

export const approvalSchema = z.strictObject({
  id: idSchema,
  title: z.string(),
  body: z.string(),
  arguments: jsonObjectSchema.nullable().describe('The exact values that are decided on. Null: there are none.'),
  shown: hashSchema.describe('SHA-256 of title, body, arguments and place, as canonical JSON; send it with a vote.'),
  source: z.string().describe('What asks, in words: the name of the pipeline.'),
  subject: z.string().describe('What it belongs to: `runs/<id>`.'),
  place: z.string().describe('Where in it: the id of the node.'),
  projectId: idSchema.nullable(),
  requestedBy: z.string().describe('Who began the work that asks, as `<kind>/<id>`.'),
  state: z.enum(approvalStates),
  quorum: z.int(),
  votes: z.array(voteSchema),
  deciders: z.strictObject({ role: z.enum(roles).nullable(), userIds: z.array(idSchema).nullable() }).nullable(),
  expiresAt: timeSchema.nullable(),
  createdAt: timeSchema,
  decidedAt: timeSchema.nullable(),
  mayDecide: z.boolean().describe('Whether the caller may vote now.'),
});
export type Approval = z.infer<typeof approvalSchema>;

const byId = z.strictObject({ id: idSchema });

export const listApprovalsRoute = defineRoute({
  name: 'approvals.list',
  method: 'GET',
  path: '/approvals',
  summary: 'Decisions: the open ones that you may decide, those that were decided, or those of one run. Latest first.',
  permission: 'approvals.read',
  rate: 'relaxed',
  query: z.strictObject({
    ...pageQuery.shape,
    show: z
      .enum(['mine', 'open', 'decided'])
      .optional()
      .describe('`mine`: open ones that wait for your vote. Unless given: all that you may see.'),
    subject: z.string().max(300).optional().describe('What they belong to: `runs/<id>`.'),
  }),
  reply: pageOf(approvalSchema),
  errors: [],
});

export const readApprovalRoute = defineRoute({
  name: 'approvals.read',
  method: 'GET',
  path: '/approvals/:id',
  summary: 'One decision, with what exactly is decided on and every vote.',
  permission: 'approvals.read',
  rate: 'relaxed',
  object: { kind: 'approvals', param: 'id' },
  params: byId,
  reply: approvalSchema,
  errors: ['approvals.not-found'],
});

export const castVoteRoute = defineRoute({
  name: 'approvals.cast-vote',
  method: 'POST',
  path: '/approvals/:id/votes',
  summary: 'Approve or reject exactly what was shown. Nobody votes twice.',
  permission: 'approvals.decide',
  rate: 'standard',
  object: { kind: 'approvals', param: 'id' },
  params: byId,
  body: z.strictObject({
    decision: z.enum(['approve', 'reject']),
    shown: hashSchema.describe('`shown` of the approval as you read it.'),
    comment: z.string().trim().max(2_000).optional().describe('Why.'),
  }),
  reply: approvalSchema,
  errors: [
    'approvals.not-found',
    'approvals.not-yours',
    'approvals.closed',
    'approvals.other-content',
    'approvals.voted',
  ],
});
