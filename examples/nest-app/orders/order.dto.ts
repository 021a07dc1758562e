import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsInt, IsISO31661Alpha2, IsString, Length, Max, Min, ValidateNested } from 'class-validator';

export class OrderLine {
  @IsString()
  @Length(1, 40)
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(1000)
  quantity!: number;
}

/** The input of the workflow `dispatch`: checked before anything starts, and shown to clients as a JSON Schema. */
export class Order {
  @IsString()
  @Length(1, 80)
  customer!: string;

  @IsISO31661Alpha2()
  country!: string;

  @ValidateNested({ each: true })
  @Type(() => OrderLine)
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  lines!: OrderLine[];
}
