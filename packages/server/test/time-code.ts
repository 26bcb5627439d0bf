// What an authenticator app shows at this moment.
import { generateSync } from 'otplib';

export function timeCode(secret: string): string {
  return generateSync({ secret });
}
