// What fastify keeps of a route of ours; imported where it is read or written, so that the types know it.
import 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For the log: a URL may hold what must not be written there. */
    routeName?: string;
    /** Answered however often anybody asks. */
    unlimited?: boolean;
    /** The text of the body is kept beside its value, until the request ends. */
    keepsBody?: boolean;
  }
}
