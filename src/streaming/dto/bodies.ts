/** Bodies of requests, and the rules they are checked by. Of a field that may be left out, null says the same. */
import { ArrayMaxSize, IsArray, IsDefined, IsISO8601, IsObject, IsOptional, IsString, Matches, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { type JsonValue } from '../../contract/json.js';

/** Characters at most. */
export const BODY_LIMITS = { sessionId: 200, stepId: 2000, reason: 500, keyName: 200, /** Roles or scopes of a key. */ names: 50 } as const;
/** Of a role or a scope. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9:._/-]{0,99}$';

/** `POST /workflows/:name/executions` */
export class StartBody {
  @IsOptional()
  input?: JsonValue;

  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(BODY_LIMITS.sessionId)
  sessionId?: string | null;
}

/** `POST /executions` */
export class RunBody extends StartBody {
  @IsDefined()
  @IsObject()
  workflow!: object;
}

/** `POST /executions/:id/input` */
export class InputBody {
  @IsOptional()
  @IsString()
  @MaxLength(BODY_LIMITS.stepId)
  stepId?: string | null;

  /** Null is an answer like any other: whether the step takes it is for its schema to say. */
  @ValidateIf(({ value }: InputBody) => value === undefined)
  @IsDefined({ message: 'value is required' })
  value!: JsonValue;
}

/** `POST /executions/:id/cancel` */
export class CancelBody {
  @IsOptional()
  @IsString()
  @MaxLength(BODY_LIMITS.reason)
  reason?: string | null;
}

const NAME = new RegExp(NAME_PATTERN);
const NAME_RULE = { each: true, message: 'each must be 1 to 100 letters, digits and : . _ / -' };

/** `POST /keys` */
export class KeyBody {
  /** Its form is checked where it is used. */
  @IsString()
  user!: string;

  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(BODY_LIMITS.keyName)
  name?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(BODY_LIMITS.names)
  @Matches(NAME, NAME_RULE)
  roles?: string[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(BODY_LIMITS.names)
  @Matches(NAME, NAME_RULE)
  scopes?: string[] | null;

  @IsOptional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string | null;
}
