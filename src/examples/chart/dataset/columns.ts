/** The columns of the data set: what people call them, what they hold, how they are drawn. */

export interface Column {
  name: string;
  /** In the singular, for sentences and axes. */
  label: string;
  /** Default: with an s. */
  plural?: string;
  kind: 'text' | 'number' | 'date';
  /** What else it is called in questions. Plurals are understood. */
  words: readonly string[];
  /** Of numbers: `$`, `knots`. */
  unit?: string;
  /** Of numbers: how they are put together where the question does not say. */
  aggregate?: 'sum' | 'avg';
  /** Not in every row. */
  optional?: boolean;
  /** Of numbers: how wide a step is where rows are grouped by it. */
  step?: number;
  /** Of categories that have an order of their own. */
  order?: readonly string[];
}

export const TABLE = 'birdstrikes';

export const COLUMNS: readonly Column[] = [
  { name: 'flight_date', label: 'Date', kind: 'date', words: ['date', 'flight date'] },
  { name: 'airport', label: 'Airport', kind: 'text', words: ['airport', 'airport name', 'airfield', 'location', 'place'] },
  { name: 'state', label: 'State', kind: 'text', words: ['state', 'origin state', 'region', 'us state'] },
  { name: 'airline', label: 'Airline', kind: 'text', words: ['airline', 'operator', 'carrier', 'air line', 'airline operator', 'company'] },
  { name: 'aircraft', label: 'Aircraft', plural: 'Aircraft', kind: 'text', words: ['aircraft', 'plane', 'airplane', 'aeroplane', 'aircraft type', 'aircraft model', 'aircraft make', 'model', 'type of aircraft', 'make and model'] },
  {
    name: 'flight_phase', label: 'Phase of flight', plural: 'Phases of flight', kind: 'text', words: ['phase', 'flight phase', 'phase of flight', 'stage', 'stage of flight'],
    order: ['Parked', 'Taxi', 'Take-off run', 'Climb', 'Descent', 'Approach', 'Landing Roll'],
  },
  { name: 'time_of_day', label: 'Time of day', plural: 'Times of day', kind: 'text', words: ['time of day', 'time of the day', 'daytime', 'daylight', 'light'], order: ['Dawn', 'Day', 'Dusk', 'Night'] },
  { name: 'species', label: 'Species', plural: 'Species', kind: 'text', words: ['species', 'wildlife species', 'bird species', 'kind of bird', 'kind of animal', 'type of bird', 'type of animal', 'type of wildlife'] },
  { name: 'wildlife_size', label: 'Wildlife size', kind: 'text', words: ['size', 'wildlife size', 'bird size', 'animal size', 'size of bird', 'size of animal'], order: ['Small', 'Medium', 'Large'] },
  { name: 'damage', label: 'Damage', plural: 'Kinds of damage', kind: 'text', words: ['damage', 'kind of damage', 'amount of damage', 'damage level', 'damage class', 'level of damage', 'severity', 'effect'], order: ['None', 'Minor', 'Medium', 'Substantial', 'B', 'C'] },
  { name: 'speed_knots', label: 'Speed', kind: 'number', words: ['speed', 'air speed', 'airspeed', 'velocity', 'ias', 'speed in knots'], unit: 'knots', optional: true, aggregate: 'avg', step: 25 },
  { name: 'cost_repair', label: 'Repair cost', kind: 'number', words: ['repair cost', 'cost of repair', 'repair', 'cost repair', 'repair expense'], unit: '$', aggregate: 'sum', step: 50_000 },
  { name: 'cost_other', label: 'Other cost', kind: 'number', words: ['other cost', 'cost other', 'other expense'], unit: '$', aggregate: 'sum', step: 50_000 },
  {
    name: 'cost_total', label: 'Total cost', kind: 'number', unit: '$', aggregate: 'sum', step: 50_000,
    words: ['total cost', 'cost', 'cost total', 'damage cost', 'cost of damage', 'expense', 'price', 'money', 'dollar', 'loss', 'bill'],
  },
];

const BY_NAME = new Map(COLUMNS.map((column) => [column.name, column]));

/** @throws Error for a name that is no column's. */
export function columnOf(name: string): Column {
  const column = BY_NAME.get(name);
  if (!column) throw new Error(`there is no column ${name}`);
  return column;
}

export function pluralOf({ label, plural = `${label}s` }: Column): string {
  return plural;
}

/** With its unit. */
export function labelOf({ label, unit }: Column): string {
  return unit === undefined ? label : `${label} (${unit})`;
}
