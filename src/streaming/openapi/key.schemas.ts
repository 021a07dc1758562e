/** What the routes of API keys take and answer. */
import { SCOPES } from '../../auth/scopes.js';
import { type KeyView } from '../controllers/keys.controller.js';
import { BODY_LIMITS, type KeyBody, NAME_PATTERN } from '../dto/bodies.js';
import { array, closed, nullable, optional, ref, type Schema, text, time } from './schema.builder.js';

const NAMES = { pattern: NAME_PATTERN };
const USER = { pattern: '^\\P{Cc}{1,200}$' };
const scopesText = `Of ${SCOPES.map((scope) => `\`${scope}\``).join(', ')}, or scopes that the app's own routes ask for; others are refused.`;

const KEY = {
  id: text('Names the key without giving it away: the first 12 hex digits of its SHA-256. Logs name it so too.'),
  name: nullable(text('What people call it.')),
  user: text('Whose key it is.'),
  roles: array(text('`admin` sees and does all.'), 'The roles that it gives.'),
  scopes: nullable(array(text('A scope.')), 'What it is limited to; null where it is good for all that the roles allow.'),
  origin: { type: 'string', enum: ['stored', 'configured'], description: '`configured` keys are those of the configuration of the service, and cannot be revoked here.' } satisfies Schema,
  createdAt: nullable(time('When it was added.')),
  createdBy: nullable(text('The admin who added it.')),
  expiresAt: nullable(time('When it ends by itself.')),
  lastUsedAt: nullable(time('When it was used last, to the minute.')),
};

export const KEY_SCHEMAS: Record<string, Schema> = {
  ApiKey: closed<KeyView>('An API key. What it is kept as opens nothing.', KEY),
  NewApiKey: closed<KeyView & { key: string }>('A key that was added.', { ...KEY, key: text('The key itself. It is told here and never again.') }),
  ApiKeyList: closed<{ keys: KeyView[] }>('All keys.', { keys: array(ref('ApiKey'), 'Those of the configuration first, then the others as they were added.') }),
  KeyBody: closed<KeyBody>('A key to be added.', {
    user: text('Whose key it is: whatever it starts is theirs.', USER),
    name: optional(nullable(text('What people call it.', { minLength: 1, maxLength: BODY_LIMITS.keyName }))),
    roles: optional(nullable({ type: 'array', maxItems: BODY_LIMITS.names, items: text('`admin` sees and does all.', NAMES), description: 'Default none.' })),
    scopes: optional(nullable({ type: 'array', maxItems: BODY_LIMITS.names, items: text('A scope.', NAMES), description: `What it is limited to. ${scopesText} Default all that the roles allow.` })),
    expiresAt: optional(nullable(time('When it ends by itself. Default never.'))),
  }),
};
