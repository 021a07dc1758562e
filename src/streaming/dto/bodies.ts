/** Bodies of requests, and the rules they are checked by. Of a field that may be left out, null says the same. */
import { IsDefined, IsObject, IsOptional, IsString, MaxLength, MinLength, ValidateIf } from 'class-validator';
import { type JsonValue } from '../../contract/json.js';

/** Characters at most. */
export const BODY_LIMITS = { sessionId: 200, stepId: 2000, reason: 500 } as const;

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
