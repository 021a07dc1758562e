import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsDefined, IsObject, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { type JsonValue } from '../../contract/json.js';

const ANY_JSON = { description: 'Any JSON value.', oneOf: [{ type: 'object' }, { type: 'array', items: {} }, { type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }] };

/** `POST /workflows/:name/executions` */
export class StartBody {
  @ApiPropertyOptional({ ...ANY_JSON, description: 'The input of the workflow; checked against its input schema.' })
  @IsOptional()
  input?: JsonValue;

  @ApiPropertyOptional({ description: 'Groups executions, say of one conversation; a filter of the list.', maxLength: 200 })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  sessionId?: string;
}

/** `POST /executions` */
export class RunBody extends StartBody {
  @ApiProperty({ $ref: '#/components/schemas/WorkflowDefinition' } as never)
  @IsDefined()
  @IsObject()
  workflow!: object;
}

/** `POST /executions/:id/input` */
export class InputBody {
  @ApiPropertyOptional({ description: 'Which step is answered; may be left out where one waits.', example: 'approve' })
  @IsOptional()
  @IsString()
  @MaxLength(2000)
  stepId?: string;

  @ApiProperty({ ...ANY_JSON, description: 'The answer; checked against the schema of the step.' })
  @IsDefined({ message: 'value is required; null is a value only where the schema takes it' })
  value!: JsonValue;
}

/** `POST /executions/:id/cancel` */
export class CancelBody {
  @ApiPropertyOptional({ description: 'Told to readers in workflow_cancelled.', maxLength: 500 })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  reason?: string;
}
