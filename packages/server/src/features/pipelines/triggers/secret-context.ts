// What the secret of a webhook is sealed for: it cannot be moved to another trigger.
export function secretContext(triggerId: string): string {
  return `triggers/${triggerId}/secret`;
}
