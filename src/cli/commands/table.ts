import { type ChalkInstance } from 'chalk';
import stringWidth from 'string-width';

/** Columns as wide as what is in them, on terminals too, where a character may take two places or none. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[], color: ChalkInstance): string {
  const widths = head.map((name, i) => Math.max(stringWidth(name), ...rows.map((row) => stringWidth(row[i] ?? ''))));
  const line = (cells: readonly string[]) => cells.map((cell, i) => (i === cells.length - 1 ? cell : cell + ' '.repeat((widths[i] as number) - stringWidth(cell)))).join('  ').trimEnd();
  return `${[color.dim(line(head)), ...rows.map(line)].join('\n')}\n`;
}
