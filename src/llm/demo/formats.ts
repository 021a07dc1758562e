import { type DemoRequest } from './request.js';
import { type Seeded } from './seeded.js';

/** A text in one of JSON Schema's formats, or nothing where the format is free text. */
export function formatted(format: string, { keywords }: DemoRequest, random: Seeded): string | undefined {
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `2026-${two(random.between(1, 12))}-${two(random.between(1, 28))}`;
  const time = `${two(random.between(0, 23))}:${two(random.between(0, 59))}:00Z`;
  const slug = (keywords[0] ?? '').normalize('NFKD').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'example';
  const hex = (length: number): string => Array.from({ length }, () => random.between(0, 15).toString(16)).join('');
  const formats: Record<string, string> = {
    date, time, 'date-time': `${date}T${time}`, duration: `PT${random.between(1, 59)}M`,
    email: `${slug}@example.org`, 'idn-email': `${slug}@example.org`, hostname: `${slug}.example.org`, 'idn-hostname': `${slug}.example.org`,
    uri: `https://example.org/${slug}`, url: `https://example.org/${slug}`, iri: `https://example.org/${slug}`, 'uri-reference': `/${slug}`,
    uuid: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`, ipv4: `192.0.2.${random.between(1, 254)}`, ipv6: `2001:db8::${hex(4)}`,
    'json-pointer': `/${slug}`, regex: '.*',
  };
  return formats[format];
}
