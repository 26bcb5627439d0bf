// Walks the chain from a place on, recomputes every hash from what is stored, and stops at the first thing that is wrong.
// Memory is bounded by a page; time by whoever asks for steps.
import type { AuditFault } from '@gathering/contract/audit';
import type { Database } from '../../platform/db/database.ts';
import { chainBeginning, hashEntry, type Mark } from './rules.ts';
import { firstPlace, type Place, type StoredLink, selectLink, selectLinks, selectUnlinked } from './store-chain.ts';

const pageSize = 500;

export interface Walk {
  /** Up to here the chain is whole. */
  readonly mark: Mark;
  readonly place: Place;
  readonly checked: number;
  readonly fault: AuditFault | null;
  /** The end of the chain, or a fault, was reached. */
  readonly isOver: boolean;
}

/** Where a walk begins: after a mark that an earlier walk came to. A mark that does not hold any more is a fault. */
export async function beginWalk(database: Database, after: Mark = chainBeginning): Promise<Walk> {
  const start = { mark: after, place: firstPlace, checked: 0 };
  if (after.position === 0) {
    const fault = after.hash === chainBeginning.hash ? null : faultOf('altered', 0, null, 'The beginning has no hash.');
    return { ...start, fault, isOver: fault !== null };
  }
  const fault = await checkMark(database, after);
  const link = fault === null ? await selectLink(database, after.position) : undefined;
  return { ...start, place: link ?? firstPlace, fault, isOver: fault !== null };
}

/** One page further. */
export async function stepWalk(database: Database, walk: Walk): Promise<Walk> {
  if (walk.isOver) return walk;
  const links = await selectLinks(database, walk.mark.position, pageSize);
  let { mark, place } = walk;
  let fault: AuditFault | null = null;
  let checked = walk.checked;
  for (const link of links) {
    fault = checkLink(mark, place, link);
    if (fault !== null) break;
    mark = { position: link.position, hash: link.linkHash };
    place = { xid: link.linkXid, number: link.linkNumber };
    checked += 1;
  }
  const between = await findInserted(database, walk, links, fault, place);
  if (between === null) return { mark, place, checked, fault, isOver: fault !== null || links.length < pageSize };
  const whole = links.filter(({ position }) => position < between.position).at(-1);
  return {
    mark: whole === undefined ? walk.mark : { position: whole.position, hash: whole.linkHash },
    place,
    checked: walk.checked + (between.position - walk.mark.position - 1),
    fault: between,
    isOver: true,
  };
}

/** An entry in front of the end of this page that was never sealed, as the fault that it is; it may explain a missing link. */
async function findInserted(
  database: Database,
  walk: Walk,
  links: readonly StoredLink[],
  fault: AuditFault | null,
  place: Place,
): Promise<AuditFault | null> {
  const unlinked = fault?.what === 'unlinked' ? links.find(({ position }) => position >= fault.position) : undefined;
  const end = unlinked === undefined ? place : { xid: unlinked.linkXid, number: unlinked.linkNumber };
  const found = await selectUnlinked(database, walk.place, end);
  if (found === undefined) return null;
  const behind = links.find((link) => !isBefore({ xid: link.linkXid, number: link.linkNumber }, found));
  const position = behind?.position ?? walk.mark.position + 1;
  if (fault?.what === 'unlinked' && behind === unlinked) return { ...fault, entryId: found.id };
  return faultOf('inserted', position, found.id, 'An entry stands before this position that was never sealed.');
}

function checkLink(before: Mark, place: Place, link: StoredLink): AuditFault | null {
  const { position, entryId, entry } = link;
  if (position !== before.position + 1)
    return faultOf('unlinked', before.position + 1, null, 'The link at this position was removed from the chain.');
  if (entry === null) return faultOf('missing', position, entryId, 'The entry at this position was removed.');
  const isInOrder = isBefore(place, { xid: link.linkXid, number: link.linkNumber });
  const isOfEntry = link.linkXid === entry.xid && link.linkNumber === entry.number;
  const hash = hashEntry(before.hash, position, link.sealedAt, entry);
  if (hash === link.linkHash && isInOrder && isOfEntry) return null;
  return faultOf('altered', position, entryId, 'The entry, or its seal, is not as it was when it was sealed.');
}

/** Whether the chain still has the hash that somebody kept of it. */
export async function checkMark(database: Database, { position, hash }: Mark): Promise<AuditFault | null> {
  if (position === 0) return null;
  const link = await selectLink(database, position);
  if (link === undefined)
    return faultOf('cut', position, null, `The chain has no position ${position} any more: its end was cut off.`);
  if (link.hash === hash) return null;
  return faultOf('cut', position, null, `Position ${position} had another hash: the chain was cut off and grown anew.`);
}

function faultOf(what: AuditFault['what'], position: number, entryId: string | null, message: string): AuditFault {
  return { what, position, entryId, message };
}

function isBefore(left: Place, right: Place): boolean {
  const [leftXid, rightXid] = [BigInt(left.xid), BigInt(right.xid)];
  return leftXid === rightXid ? BigInt(left.number) < BigInt(right.number) : leftXid < rightXid;
}
