// What other features and boot may call of approvals.
export { withdrawRequests } from './end-request.ts';
export { type Decision, findDecision } from './find-decision.ts';
export { approvalJobs } from './jobs.ts';
export { removeOldApprovals } from './read-approvals.ts';
export { type Deciders, listDeciders, requestApproval } from './request-approval.ts';
