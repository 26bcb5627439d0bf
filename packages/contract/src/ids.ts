// Identity of everything stored: UUIDv7 strings, so that ids sort by the time they were made.
import * as z from 'zod';

export const idSchema = z.uuid().describe('Identifier (UUIDv7).');
export const timeSchema = z.iso.datetime().describe('Instant in UTC, ISO 8601.');
