/**
 * From rows to a chart. The form is chosen by what the columns hold: lines over time, bars for categories, points for two
 * numbers, a pie for the shares of a few, a heat map where two categories are many. What the question asked for is taken
 * where the data allow it. Specs are whole, with their data in them: they can be pasted into an editor of Vega-Lite as they are.
 */
import { type JsonObject, type JsonValue } from '../../../contract/json.js';
import { type AnswerColumn, type ChartForm, type QueryPlan, type Row } from '../chart.types.js';
import { timeFormatOf } from './columns.js';
import { fillTime } from './time.filler.js';

export type SpecPlan = Pick<QueryPlan, 'title' | 'form' | 'orders' | 'steps' | 'fill'>;

export interface Drawn {
  form: ChartForm | 'number';
  spec: JsonObject;
  /** What the reader of the chart has to know. */
  notes: string[];
}

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
/** More slices cannot be told apart. */
const MAX_SLICES = 8;
/** More colours neither. */
const MAX_SERIES = 12;
/** More bars cannot be read. */
const MAX_BARS = 50;
/** A line of more has none of its points marked. */
const MAX_POINTS = 40;
const WIDTH = 640;
const HEIGHT = 360;

/** @throws Error where no column holds a number. */
export function buildSpec(columns: readonly AnswerColumn[], rows: readonly Row[], plan: SpecPlan): Drawn {
  return new SpecBuilder(columns, rows, plan).build();
}

class SpecBuilder {
  private readonly times: AnswerColumn[];
  private readonly texts: AnswerColumn[];
  private readonly numbers: AnswerColumn[];
  private readonly steps: AnswerColumn[];
  private readonly notes: string[] = [];
  private values: Row[];

  constructor(private readonly columns: readonly AnswerColumn[], rows: readonly Row[], private readonly plan: SpecPlan) {
    this.values = [...rows];
    const isStep = ({ name }: AnswerColumn): boolean => Object.hasOwn(plan.steps, name);
    this.times = columns.filter(({ type }) => type === 'time');
    this.texts = columns.filter(({ type }) => type === 'text');
    this.steps = columns.filter((column) => column.type === 'number' && isStep(column));
    this.numbers = columns.filter((column) => column.type === 'number' && !isStep(column));
  }

  build(): Drawn {
    const { times, texts, numbers, steps, plan } = this;
    const [time] = times;
    const [first, second] = texts;
    const [number, other] = numbers;
    if (!number) throw new Error('no column of the answer holds numbers, so that there is nothing to draw');
    if (plan.form === 'scatter' && other) return this.scatter(number, other);
    if (time) return this.overTime(time, first, numbers);
    if (steps[0]) return this.stepped(steps[0], first ?? steps[1], number);
    if (!first) return other && this.values.length > 1 ? this.scatter(number, other) : this.single(number);
    if (plan.form === 'arc' && this.canBeArc(number)) return this.arc(first, number);
    // Where each row has a first category of its own, the others only tell more of it.
    if (second && this.countOf(first) < this.values.length) return this.crossed(first, second, number);
    return plan.form === 'arc' || numbers.length === 1 ? this.bars(first, number) : this.grouped(first, numbers);
  }

  private overTime(time: AnswerColumn, series: AnswerColumn | undefined, numbers: AnswerColumn[]): Drawn {
    const { fill } = this.plan;
    if (fill?.column === time.name) {
      const before = this.values.length;
      this.values = fillTime(this.values, fill, series ? [series.name] : [], numbers.map(({ name }) => name));
      if (this.values.length > before) this.notes.push(`A ${fill.unit} without a record is drawn as 0.`);
    }
    const x = { ...this.axis(time), title: time.label };
    if (!series && numbers.length > 1) {
      const { measure, value } = this.fold(numbers);
      // Their units differ: each has a scale of its own.
      return this.drawn('line', { height: 160, mark: { type: 'line', point: true, tooltip: true }, encoding: { x, y: value, row: measure }, resolve: { scale: { y: 'independent' } } });
    }
    const number = numbers[0] as AnswerColumn;
    if (series && this.countOf(series) > MAX_SERIES) return this.heatmap({ field: fieldOf(time.name), type: 'ordinal', timeUnit: this.timeUnitOf(time), title: time.label }, series, number);
    const form = this.plan.form === 'bar' ? 'bar' : 'line';
    return this.drawn(form, {
      mark: form === 'bar' ? { type: 'bar', tooltip: true } : { type: 'line', point: this.countOf(time) <= MAX_POINTS, tooltip: true },
      encoding: { x, y: this.quantity(number), ...(series ? { color: this.category(series) } : {}) },
    });
  }

  /** Numbers in steps: bars that touch. */
  private stepped(step: AnswerColumn, series: AnswerColumn | undefined, number: AnswerColumn): Drawn {
    return this.drawn('bar', {
      mark: { type: 'bar', tooltip: true },
      encoding: {
        x: { field: fieldOf(step.name), type: 'quantitative', bin: { binned: true, step: this.plan.steps[step.name] as number }, title: step.label },
        y: this.quantity(number),
        ...(series ? { color: this.category(series) } : {}),
      },
    });
  }

  private single(number: AnswerColumn): Drawn {
    if (this.numbers.length > 1) return this.grouped(undefined, this.numbers);
    return { ...this.drawn('bar', { mark: { type: 'text', fontSize: 48 }, encoding: { text: { field: fieldOf(number.name), type: 'quantitative', format: ',' } } }), form: 'number' };
  }

  private arc(category: AnswerColumn, number: AnswerColumn): Drawn {
    return this.drawn('arc', {
      mark: { type: 'arc', tooltip: true },
      encoding: {
        theta: { field: fieldOf(number.name), type: 'quantitative', stack: true, title: number.label },
        color: this.category(category),
        order: { field: fieldOf(number.name), type: 'quantitative', sort: 'descending' },
      },
    });
  }

  private bars(category: AnswerColumn, number: AnswerColumn): Drawn {
    if (this.values.length > MAX_BARS) {
      this.notes.push(`The chart shows the first ${MAX_BARS} of ${this.values.length} rows.`);
      this.values = this.values.slice(0, MAX_BARS);
    }
    return this.drawn('bar', { height: { step: 20 }, mark: { type: 'bar', tooltip: { content: 'data' } }, encoding: { y: this.category(category), x: this.quantity(number) } });
  }

  /** Two categories: bars in parts, or, where the parts are too many, a heat map. */
  private crossed(first: AnswerColumn, second: AnswerColumn, number: AnswerColumn): Drawn {
    if (this.plan.form === 'heatmap' || this.countOf(second) > MAX_SERIES || this.countOf(first) > MAX_BARS) return this.heatmap({ ...this.category(second) }, first, number);
    return this.drawn('bar', {
      height: { step: 20 },
      mark: { type: 'bar', tooltip: true },
      encoding: { y: this.category(first), x: this.quantity(number), color: this.category(second) },
    });
  }

  private heatmap(x: JsonObject, y: AnswerColumn, number: AnswerColumn): Drawn {
    return this.drawn('heatmap', { height: { step: 16 }, mark: { type: 'rect', tooltip: true }, encoding: { x, y: this.category(y), color: { ...this.quantity(number), scale: { scheme: 'blues' } } } });
  }

  /** Several numbers side by side, of each category. */
  private grouped(category: AnswerColumn | undefined, numbers: AnswerColumn[]): Drawn {
    const { measure, value } = this.fold(numbers);
    return this.drawn('bar', {
      width: 280,
      height: category ? { step: 20 } : 60,
      mark: { type: 'bar', tooltip: true },
      encoding: { ...(category ? { y: this.category(category) } : {}), x: value, column: measure },
      resolve: { scale: { x: 'independent' } },
    });
  }

  /** Points; a third number is their size, a category their name. */
  private scatter(x: AnswerColumn, y: AnswerColumn): Drawn {
    const size = this.numbers[2];
    const [category] = this.texts;
    return this.drawn('scatter', {
      mark: { type: 'point', filled: true, opacity: 0.7, tooltip: { content: 'data' } },
      encoding: {
        x: { ...this.quantity(x), scale: { zero: false } },
        y: this.quantity(y),
        ...(size ? { size: { ...this.quantity(size), scale: { range: [20, 600] } } } : {}),
        ...(category && this.countOf(category) <= MAX_SERIES ? { color: this.category(category) } : {}),
      },
    });
  }

  private drawn(form: ChartForm, own: JsonObject): Drawn {
    const parse = Object.fromEntries(this.times.map(({ name }) => [name, `date:'${timeFormatOf(name, this.values) ?? '%Y-%m-%d'}'`]));
    const spec: JsonObject = {
      $schema: SCHEMA,
      title: this.plan.title,
      width: WIDTH,
      height: HEIGHT,
      data: { values: this.values as JsonValue, ...(this.times.length > 0 ? { format: { type: 'json', parse } } : {}) },
      ...own,
    };
    return { form, spec, notes: this.notes };
  }

  private canBeArc({ name }: AnswerColumn): boolean {
    return this.values.length <= MAX_SLICES && this.values.every((row) => typeof row[name] === 'number' && row[name] >= 0);
  }

  private countOf({ name }: AnswerColumn): number {
    return new Set(this.values.map((row) => row[name])).size;
  }

  private axis({ name, label }: AnswerColumn): JsonObject {
    const unit = this.plan.fill?.column === name ? this.plan.fill.unit : undefined;
    const format = unit === 'quarter' ? '%Y Q%q' : timeFormatOf(name, this.values) === '%Y' ? '%Y' : undefined;
    return { field: fieldOf(name), type: 'temporal', title: label, ...(format !== undefined && { axis: { format } }) };
  }

  /** Of a scale that has a place for each stretch of time, and none between. */
  private timeUnitOf({ name }: AnswerColumn): string {
    if (this.plan.fill?.column === name && this.plan.fill.unit === 'quarter') return 'yearquarter';
    return { '%Y': 'year', '%Y-%m': 'yearmonth' }[timeFormatOf(name, this.values) ?? ''] ?? 'yearmonthdate';
  }

  private quantity({ name, label }: AnswerColumn): JsonObject {
    return { field: fieldOf(name), type: 'quantitative', title: label };
  }

  /** In an order of its own, or in that of the rows. */
  private category({ name, label }: AnswerColumn): JsonObject {
    const order = Object.hasOwn(this.plan.orders, name) ? [...(this.plan.orders[name] as readonly string[])] : null;
    return { field: fieldOf(name), type: order ? 'ordinal' : 'nominal', title: label, sort: order };
  }

  /** Makes a row for each number of a row, with its name: so numbers become series. */
  private fold(numbers: readonly AnswerColumn[]): { measure: JsonObject; value: JsonObject } {
    const others = this.columns.filter((column) => !numbers.includes(column)).map(({ name }) => name);
    this.values = this.values.flatMap((row) => numbers.map(({ name, label }) => ({ ...pick(row, others), measure_label: label, measure_value: row[name] ?? null })));
    return { measure: { field: 'measure_label', type: 'nominal', title: null }, value: { field: 'measure_value', type: 'quantitative', title: null } };
  }
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}

/** A dot or a bracket in a name would lead into an object. */
function fieldOf(name: string): string {
  return name.replace(/[\\.[\]'"]/g, '\\$&');
}
