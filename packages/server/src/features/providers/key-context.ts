// What a provider's key is sealed for: it cannot be moved to another provider.
export function keyContext(providerId: string): string {
  return `providers/${providerId}/key`;
}
