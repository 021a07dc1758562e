/** What a phrase of a question can mean. One phrase may mean several things; the reader takes what fits where it stands. */
import { type TimeUnit } from '../chart.types.js';
import { type Aggregate, type Comparison, type Period } from './query.js';

export type Meaning =
  | { is: 'aggregate'; aggregate: Aggregate }
  /** An order (`most`), or an aggregate too (`highest`), by what stands around it. */
  | { is: 'superlative'; least: boolean; column?: string; aggregate?: 'max' | 'min' }
  | { is: 'column'; column: string }
  | { is: 'time'; unit: TimeUnit }
  | { is: 'period'; period: Period }
  | { is: 'strikes' }
  | { is: 'by' }
  | { is: 'versus' }
  /** `compare …`: what is named has to be told apart. */
  | { is: 'contrast' }
  /** Several values as one, and not side by side. */
  | { is: 'together' }
  | { is: 'share' }
  | { is: 'top'; least: boolean }
  | { is: 'not' }
  | { is: 'between' }
  | { is: 'to' }
  | { is: 'joint' }
  | { is: 'bound'; side: 'from' | 'after' | 'before' | 'until' }
  | { is: 'compare'; test: Comparison }
  | { is: 'unit'; column: string }
  | { is: 'values'; column: string; values: readonly string[]; not?: boolean }
  /** A place that no report is from; `others` are values with that word in their names. */
  | { is: 'absent'; name: string; others: readonly string[] }
  | { is: 'months'; months: readonly number[] }
  | { is: 'weekdays'; days: readonly number[] }
  | { is: 'decade'; from: number }
  | { is: 'number'; value: number }
  | { is: 'date'; date: string }
  /** Says nothing that matters. */
  | { is: 'filler' };

const values = (column: string, ...list: string[]): Meaning => ({ is: 'values', column, values: list });

/** Phrases with `|` between. Plurals are understood, and the longest phrase that fits is taken. */
export const PHRASES: readonly (readonly [Meaning, string])[] = [
  [{ is: 'aggregate', aggregate: 'sum' }, 'sum|sum of|total|total of|total amount of|overall'],
  [{ is: 'aggregate', aggregate: 'avg' }, 'average|average of|avg|avg of|mean|mean of'],
  [{ is: 'aggregate', aggregate: 'max' }, 'max|max of|maximum|maximum of|peak'],
  [{ is: 'aggregate', aggregate: 'min' }, 'min|min of|minimum|minimum of'],
  [{ is: 'aggregate', aggregate: 'count' }, 'count|count of|number|number of|total number of|how many|how often|frequency|frequency of'],
  [{ is: 'superlative', least: false, aggregate: 'max' }, 'highest|largest|greatest|biggest'],
  [{ is: 'superlative', least: true, aggregate: 'min' }, 'lowest|smallest'],
  [{ is: 'superlative', least: false }, 'most|most frequent|most frequently|most common|most commonly|most often|commonest|busiest|worst'],
  [{ is: 'superlative', least: true }, 'fewest|least|least frequent|least common|least often|rarest'],
  [{ is: 'superlative', least: false, column: 'cost_total' }, 'most expensive|most costly|costliest'],
  [{ is: 'superlative', least: true, column: 'cost_total' }, 'least expensive|least costly|cheapest'],
  [{ is: 'superlative', least: false, column: 'speed_knots' }, 'fastest'],
  [{ is: 'superlative', least: true, column: 'speed_knots' }, 'slowest'],
  [{ is: 'top', least: false }, 'top|first|leading'],
  [{ is: 'top', least: true }, 'bottom'],
  [{ is: 'time', unit: 'day' }, 'day|daily'],
  [{ is: 'time', unit: 'month' }, 'month|monthly|over time|time|trend|trend of|timeline|timeline of|history|history of|development of'],
  [{ is: 'time', unit: 'quarter' }, 'quarter|quarterly'],
  [{ is: 'time', unit: 'year' }, 'year|yearly|annual|annually|over the years|over years|through the years'],
  [{ is: 'period', period: 'weekday' }, 'weekday|day of the week|day of week'],
  [{ is: 'period', period: 'calendar_month' }, 'month of the year|month of year|calendar month|season|seasonal|time of year|time of the year'],
  [{ is: 'strikes' }, 'strike|bird strike|birdstrike|wildlife strike|animal strike|collision|incident|accident|record|report|hit|struck|event|case|bird|animal|wildlife|occurrence|impact'],
  [{ is: 'by' }, 'by|per|for each|for every|in each|in every|at each|at every|during each|each|every|grouped by|group by|broken down by|split by|according to|depending on|across|ranked by|rank by|sorted by|sort by|ordered by|order by'],
  [{ is: 'versus' }, 'versus|vs|against|compared to|compared with|relative to|correlation between|correlation of|relationship between|relation between|scatter|scatter of|scatter plot|scatter plot of|correlate|correlated with'],
  [{ is: 'contrast' }, 'compare|compares|comparing|comparison|comparison of|comparison between|difference|difference between|difference in'],
  [{ is: 'together' }, 'together|combined|taken together|added up'],
  [{ is: 'share' }, 'share|share of|percentage|percentage of|percent|percent of|%|% of|proportion|proportion of|distribution|distribution of|breakdown|breakdown of|fraction|fraction of|split|split of|pie|pie chart|pie chart of|part of'],
  [{ is: 'not' }, 'not|not in|not at|not by|except|except for|excluding|exclude|without|other than|apart from|outside|outside of|but not|ignoring'],
  [{ is: 'between' }, 'between'],
  [{ is: 'to' }, 'to|through|till'],
  [{ is: 'joint' }, 'and|or|as well as|plus|along with|&'],
  [{ is: 'bound', side: 'from' }, 'from|since|starting|starting in|starting from|beginning in'],
  [{ is: 'bound', side: 'after' }, 'after|later than'],
  [{ is: 'bound', side: 'before' }, 'before|prior to|earlier than'],
  [{ is: 'bound', side: 'until' }, 'until|up to|up until'],
  [{ is: 'compare', test: '>' }, 'more than|greater than|larger than|bigger than|higher than|faster than|above|over|exceeding|>'],
  [{ is: 'compare', test: '>=' }, 'at least|no less than|not less than|>=|≥'],
  [{ is: 'compare', test: '<' }, 'less than|fewer than|smaller than|lower than|slower than|below|under|<'],
  [{ is: 'compare', test: '<=' }, 'at most|no more than|not more than|<=|≤'],
  [{ is: 'compare', test: '=' }, 'exactly|equal to|equals|='],
  [{ is: 'unit', column: 'speed_knots' }, 'knot|kt|kts'],
  [{ is: 'unit', column: 'cost_total' }, '$|dollar|us dollar|usd'],
  [{ is: 'column', column: 'airport' }, 'where'],
  [{ is: 'time', unit: 'year' }, 'when'],
  [{ is: 'values', column: 'damage', values: ['None'], not: true }, 'with damage|damaged|damaging|caused damage|causing damage|any damage|with any damage|some damage'],
  [values('damage', 'None'), 'no damage|without damage|without any damage|undamaged|not damaged|harmless'],
  [values('damage', 'Minor'), 'minor damage|light damage'],
  [values('damage', 'Medium'), 'medium damage|moderate damage'],
  [values('damage', 'Substantial'), 'substantial damage|serious damage|severe damage|heavy damage|major damage'],
  [values('wildlife_size', 'Small'), 'small|small bird|small animal|little|tiny'],
  [values('wildlife_size', 'Medium'), 'medium|medium bird|medium animal|medium size|medium sized'],
  [values('wildlife_size', 'Large'), 'large|large bird|large animal|big|big bird|huge'],
  [values('flight_phase', 'Take-off run'), 'take off|takeoff|taking off|departure|departing'],
  [values('flight_phase', 'Landing Roll'), 'landing|touchdown'],
  [values('flight_phase', 'Approach'), 'approaching|final approach'],
  [values('flight_phase', 'Climb'), 'climbing|climb out|ascent'],
  [values('flight_phase', 'Descent'), 'descending'],
  [values('flight_phase', 'Taxi'), 'taxiing'],
  [values('time_of_day', 'Night'), 'night|by night|nighttime|night time|dark'],
  [values('time_of_day', 'Day'), 'time of day day|during the day|in the day|during daylight|in daylight|during daytime'],
  [values('time_of_day', 'Dawn'), 'morning|sunrise'],
  [values('time_of_day', 'Dusk'), 'evening|sunset|twilight'],
  [values('state', 'DC'), 'washington dc|district of columbia'],
  [values('airline', 'AMERICAN AIRLINES'), 'american'],
  [values('airline', 'US AIRWAYS*'), 'us airways|usair|us air'],
  [values('airline', 'TRANS WORLD AIRLINES'), 'twa'],
  [values('airline', 'DELTA AIR LINES'), 'delta airlines'],
  [values('airline', 'HAWAIIAN AIR'), 'hawaiian airlines'],
  [values('airline', 'JETBLUE AIRWAYS'), 'jet blue'],
  [values('airport', 'JOHN F KENNEDY INTL'), 'jfk'],
  [values('airport', 'LOS ANGELES INTL'), 'lax'],
  [values('airport', 'DALLAS/FORT WORTH INTL ARPT'), 'dfw'],
  [values('airport', 'SAN FRANCISCO INTL ARPT'), 'sfo'],
  [values('airport', 'LOGAN INTL'), 'boston'],
  [values('airport', 'KANSAS CITY INTL'), 'kansas city'],
  [values('airport', 'LAGUARDIA NY'), 'la guardia'],
  [values('airport', 'GEORGE BUSH INTERCONTINENTAL', 'HOUSTON-HOBBY'), 'houston'],
  [
    { is: 'filler' },
    'a|an|the|of|in|at|on|for|during|near|within|inside|with|having|has|have|had|whose|that|which|what|who|is|was|are|were|do|did|does|been|be|there|ever|their|its|all|only|just|' +
      'show|show me|give me|tell me|plot|draw|display|chart|chart of|graph|graph of|list|i|want|want to see|see|please|can you|could you|what is|what was|what are|what were|what about|' +
      'happen|happened|happening|occur|occurred|occurring|reported|recorded|took place|take place|involving|involved|caused|caused by|cause|causing|costing|operated by|flown by|different|various|' +
      'bar chart|bar chart of|line chart|line chart of|much|how|how much|how do|how did|how does|change|changed|vary|varies|differ|develop|developed|most of|as|usa|united states|in total|in all|flying|so|value|while|when flying',
  ],
];

export const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Of the calendar. */
export const TIMES: readonly (readonly [Meaning, string])[] = [
  ...MONTHS.map((name, i) => [{ is: 'months', months: [i + 1] }, `${name}|${name.slice(0, 3)}`] as const),
  [{ is: 'months', months: [9] }, 'sept'],
  [{ is: 'months', months: [12, 1, 2] }, 'winter'],
  [{ is: 'months', months: [3, 4, 5] }, 'spring'],
  [{ is: 'months', months: [6, 7, 8] }, 'summer'],
  [{ is: 'months', months: [9, 10, 11] }, 'autumn|fall'],
  ...WEEKDAYS.map((name, i) => [{ is: 'weekdays', days: [i] }, name] as const),
  [{ is: 'weekdays', days: [0, 6] }, 'weekend'],
  [{ is: 'weekdays', days: [1, 2, 3, 4, 5] }, 'working day|workday'],
  [{ is: 'decade', from: 1990 }, 'nineties'],
];
