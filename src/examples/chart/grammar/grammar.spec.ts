import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type QueryPlan } from '../chart.types.js';
import { Dataset, DATASET_FILE } from '../dataset/dataset.js';
import { guardSql } from '../query/sql.guard.js';
import { Grammar } from './grammar.js';

const grammar = new Grammar(new Dataset());
const db = new DatabaseSync(DATASET_FILE, { readOnly: true });
const rowsOf = ({ sql }: QueryPlan) => db.prepare(guardSql(sql)).all().map((row) => ({ ...row }));
const parts = (question: string) => {
  const { sql } = grammar.plan(question);
  const part = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(sql)?.[1];
  return { select: part('SELECT'), where: part('WHERE') ?? '', group: part('GROUP BY'), order: part('ORDER BY'), limit: part('LIMIT') };
};

function selectedMonths(): string {
  return parts('strikes by month of the year').select as string;
}

/** Questions, what they select, and what they leave out. */
const QUESTIONS: [question: string, select: string, where?: string][] = [
  // Sums, averages, extremes, counts
  ['sum of cost by species', 'species, SUM(cost_total) AS sum_cost_total'],
  ['What is the total repair cost for each airline?', 'airline, SUM(cost_repair) AS sum_cost_repair'],
  ['average speed by phase of flight', 'flight_phase, ROUND(AVG(speed_knots), 2) AS avg_speed_knots', 'speed_knots IS NOT NULL'],
  ['mean other cost per operator', 'airline, ROUND(AVG(cost_other), 2) AS avg_cost_other'],
  ['cost per strike by airline', 'airline, ROUND(AVG(cost_total), 2) AS avg_cost_total'],
  ['max speed by size', 'wildlife_size, MAX(speed_knots) AS max_speed_knots', 'speed_knots IS NOT NULL'],
  ['highest cost by species', 'species, MAX(cost_total) AS max_cost_total'],
  ['minimum velocity by time of day', 'time_of_day, MIN(speed_knots) AS min_speed_knots', 'speed_knots IS NOT NULL'],
  ['count by damage', 'damage, COUNT(*) AS strikes'],
  ['number of bird strikes by state', 'state, COUNT(*) AS strikes'],
  ['How many incidents were there?', 'COUNT(*) AS strikes'],
  ['How many strikes in total?', 'COUNT(*) AS strikes'],
  ['what did the strikes cost in total, by state?', 'state, SUM(cost_total) AS sum_cost_total'],
  ['how many different species were struck', 'COUNT(DISTINCT species) AS species_count'],
  ['how many airlines', 'COUNT(DISTINCT airline) AS airline_count'],
  ['number of species per state', 'state, COUNT(DISTINCT species) AS species_count'],
  ['average cost and number of strikes by year', 'substr(flight_date, 1, 4) AS year, ROUND(AVG(cost_total), 2) AS avg_cost_total, COUNT(*) AS strikes'],
  // Time
  ['strikes per month', 'substr(flight_date, 1, 7) AS month, COUNT(*) AS strikes'],
  ['strikes over time', 'substr(flight_date, 1, 7) AS month, COUNT(*) AS strikes'],
  ['yearly cost', 'substr(flight_date, 1, 4) AS year, SUM(cost_total) AS sum_cost_total'],
  ['cost by year in the nineties', 'substr(flight_date, 1, 4) AS year, SUM(cost_total) AS sum_cost_total', "flight_date >= '1990-01-01' AND flight_date < '2000-01-01'"],
  // Groups of two, and in steps
  ['strikes by size and time of day', 'wildlife_size, time_of_day, COUNT(*) AS strikes'],
  ['strikes by speed', 'speed_knots / 25 * 25 AS speed_knots_from, COUNT(*) AS strikes', 'speed_knots IS NOT NULL'],
  // Shares
  ['share of strikes by size', 'wildlife_size, COUNT(*) AS strikes, ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 2) AS share_percent'],
  ['percentage of damage', 'damage, COUNT(*) AS strikes, ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 2) AS share_percent'],
  ['share of cost by phase', 'flight_phase, SUM(cost_total) AS sum_cost_total, ROUND(100.0 * SUM(cost_total) / SUM(SUM(cost_total)) OVER (), 2) AS share_percent'],
  ['what share of strikes happened at night', 'time_of_day, COUNT(*) AS strikes, ROUND(100.0 * COUNT(*) / SUM(COUNT(*)) OVER (), 2) AS share_percent'],
  // One number against another
  ['speed versus cost', 'speed_knots, cost_total, COUNT(*) AS strikes', 'speed_knots IS NOT NULL'],
  ['average speed vs average cost by species', 'species, ROUND(AVG(speed_knots), 2) AS avg_speed_knots, ROUND(AVG(cost_total), 2) AS avg_cost_total'],
  // Filters by value
  ['strikes in Texas', 'COUNT(*) AS strikes', "state = 'Texas'"],
  ['strikes in Kansas City', 'COUNT(*) AS strikes', "airport = 'KANSAS CITY INTL'"],
  ['strikes of Alaska Airlines', 'COUNT(*) AS strikes', "airline = 'ALASKA AIRLINES'"],
  ['strikes during approach by airline', 'airline, COUNT(*) AS strikes', "flight_phase = 'Approach'"],
  ['strikes during the approach phase by airline', 'airline, COUNT(*) AS strikes', "flight_phase = 'Approach'"],
  ['strikes at night by size', 'wildlife_size, COUNT(*) AS strikes', "time_of_day = 'Night'"],
  ['strikes in California and New York by size', 'wildlife_size, state, COUNT(*) AS strikes', "state IN ('California', 'New York')"],
  ['strikes not in Texas by size', 'wildlife_size, COUNT(*) AS strikes', "state <> 'Texas'"],
  ['strikes not in Texas or California by size', 'wildlife_size, COUNT(*) AS strikes', "state NOT IN ('Texas', 'California')"],
  ['strikes not in Texas and at night by size', 'wildlife_size, COUNT(*) AS strikes', "state <> 'Texas' AND time_of_day = 'Night'"],
  ['strikes by American Airlines by airport', 'airport, COUNT(*) AS strikes', "airline = 'AMERICAN AIRLINES'"],
  ["cost at O'Hare by year", 'substr(flight_date, 1, 4) AS year, SUM(cost_total) AS sum_cost_total', "airport = 'CHICAGO O''HARE INTL ARPT'"],
  ['strikes at JFK', 'COUNT(*) AS strikes', "airport = 'JOHN F KENNEDY INTL'"],
  ['strikes by geese per state', 'state, COUNT(*) AS strikes', "species = 'Canada goose'"],
  ['owl strikes by state', 'state, COUNT(*) AS strikes', "species IN ('Barn owl', 'Short-eared owl')"],
  ['strikes of large birds', 'COUNT(*) AS strikes', "wildlife_size = 'Large'"],
  ['strikes with damage by aircraft', 'aircraft, COUNT(*) AS strikes', "damage <> 'None'"],
  ['strikes without damage', 'COUNT(*) AS strikes', "damage = 'None'"],
  ['maximum speed of the DC-9-30', 'MAX(speed_knots) AS max_speed_knots', "aircraft = 'DC-9-30' AND speed_knots IS NOT NULL"],
  ['strikes of the Boeing 757', 'COUNT(*) AS strikes', "aircraft = 'B-757-200'"],
  // Values side by side
  ['How many strikes happened at night versus during the day?', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Night', 'Day')"],
  ['Compare strikes at JFK and LaGuardia', 'airport, COUNT(*) AS strikes', "airport IN ('JOHN F KENNEDY INTL', 'LAGUARDIA NY')"],
  ['How many strikes were there in California compared to Texas?', 'state, COUNT(*) AS strikes', "state IN ('California', 'Texas')"],
  ['strikes in Texas and California per year', 'substr(flight_date, 1, 4) AS year, state, COUNT(*) AS strikes', "state IN ('Texas', 'California')"],
  ['strikes by day and night', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Day', 'Night')"],
  ['Night vs day strikes', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Night', 'Day')"],
  ['nighttime vs daytime strikes', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Night', 'Day')"],
  ['strikes at dawn, day, dusk or night', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Dawn', 'Day', 'Dusk', 'Night')"],
  ['strikes at day, night and dusk', 'time_of_day, COUNT(*) AS strikes', "time_of_day IN ('Day', 'Night', 'Dusk')"],
  ['strikes by day, time of day Day', 'flight_date, COUNT(*) AS strikes', "time_of_day = 'Day'"],
  ['number of times of day, time of day Day', 'COUNT(DISTINCT time_of_day) AS time_of_day_count', "time_of_day = 'Day'"],
  ['strikes by day at night', 'flight_date, COUNT(*) AS strikes', "time_of_day = 'Night'"],
  ['strikes during the day by size', 'wildlife_size, COUNT(*) AS strikes', "time_of_day = 'Day'"],
  ['strikes in Texas, California or Florida', 'state, COUNT(*) AS strikes', "state IN ('Texas', 'California', 'Florida')"],
  ['Texas vs California', 'state, COUNT(*) AS strikes', "state IN ('Texas', 'California')"],
  ['average cost and number of strikes in Texas versus California', 'state, ROUND(AVG(cost_total), 2) AS avg_cost_total, COUNT(*) AS strikes', "state IN ('Texas', 'California')"],
  ['strikes by state in Texas and California', 'state, COUNT(*) AS strikes', "state IN ('Texas', 'California')"],
  ['strikes in July vs August', selectedMonths(), "substr(flight_date, 6, 2) IN ('07', '08')"],
  ['Compare strikes in 1998 and 1999', 'substr(flight_date, 1, 4) AS year, COUNT(*) AS strikes', "flight_date >= '1998-01-01' AND flight_date < '2000-01-01'"],
  ['strikes in 1998 versus 1999 by size', 'wildlife_size, substr(flight_date, 1, 4) AS year, COUNT(*) AS strikes', "flight_date >= '1998-01-01' AND flight_date < '2000-01-01'"],
  ['strikes in Texas and California together', 'COUNT(*) AS strikes', "state IN ('Texas', 'California')"],
  ['strikes at night and in Texas', 'COUNT(*) AS strikes', "time_of_day = 'Night' AND state = 'Texas'"],
  ['Compare strikes by state', 'state, COUNT(*) AS strikes'],
  // Groups with so many strikes
  ['average cost by airline only with at least 50 strikes', 'airline, ROUND(AVG(cost_total), 2) AS avg_cost_total', 'airline IN (SELECT airline FROM birdstrikes GROUP BY 1 HAVING COUNT(*) >= 50)'],
  ['average speed by airline in Texas with more than 20 strikes', 'airline, ROUND(AVG(speed_knots), 2) AS avg_speed_knots', "state = 'Texas' AND speed_knots IS NOT NULL AND airline IN (SELECT airline FROM birdstrikes WHERE state = 'Texas' GROUP BY 1 HAVING COUNT(*) > 20)"],
  // Filters by number
  ['strikes with a speed over 200 knots', 'COUNT(*) AS strikes', 'speed_knots > 200'],
  ['strikes faster than 250', 'COUNT(*) AS strikes', 'speed_knots > 250'],
  ['strikes with cost of at least $1,000 by state', 'state, COUNT(*) AS strikes', 'cost_total >= 1000'],
  ['strikes costing more than $10k by state', 'state, COUNT(*) AS strikes', 'cost_total > 10000'],
  ['strikes costing more than $1.5 million by airline', 'airline, COUNT(*) AS strikes', 'cost_total > 1500000'],
  ['strikes with cost over 100 thousand', 'COUNT(*) AS strikes', 'cost_total > 100000'],
  ['strikes with speed between 100 and 200 by phase', 'flight_phase, COUNT(*) AS strikes', 'speed_knots BETWEEN 100 AND 200'],
  // Filters by time
  ['strikes in 1998', 'COUNT(*) AS strikes', "flight_date >= '1998-01-01' AND flight_date < '1999-01-01'"],
  ['strikes between 1995 and 1999', 'COUNT(*) AS strikes', "flight_date >= '1995-01-01' AND flight_date < '2000-01-01'"],
  ['average cost between 1995 and 1999', 'ROUND(AVG(cost_total), 2) AS avg_cost_total', "flight_date >= '1995-01-01' AND flight_date < '2000-01-01'"],
  ['strikes from 1995 to 1999', 'COUNT(*) AS strikes', "flight_date >= '1995-01-01' AND flight_date < '2000-01-01'"],
  ['strikes in 1998 and 1999', 'COUNT(*) AS strikes', "flight_date >= '1998-01-01' AND flight_date < '2000-01-01'"],
  ['strikes since 1995 and before 1998', 'COUNT(*) AS strikes', "flight_date >= '1995-01-01' AND flight_date < '1998-01-01'"],
  ['strikes in the year 1998', 'COUNT(*) AS strikes', "flight_date >= '1998-01-01' AND flight_date < '1999-01-01'"],
  ['strikes in 1990', 'COUNT(*) AS strikes', "flight_date >= '1990-01-01' AND flight_date < '1991-01-01'"],
  ['strikes in 2000', 'COUNT(*) AS strikes', "flight_date >= '2000-01-01' AND flight_date < '2001-01-01'"],
  ['strikes in the 1990s', 'COUNT(*) AS strikes', "flight_date >= '1990-01-01' AND flight_date < '2000-01-01'"],
  ['strikes in the 2000s', 'COUNT(*) AS strikes', "flight_date >= '2000-01-01' AND flight_date < '2010-01-01'"],
  ['strikes of DC-10s in the ’90s', 'COUNT(*) AS strikes', "aircraft IN ('DC-10', 'DC-10-10', 'DC-10-30', 'DC-10-40') AND flight_date >= '1990-01-01' AND flight_date < '2000-01-01'"],
  ['strikes since 1998', 'COUNT(*) AS strikes', "flight_date >= '1998-01-01'"],
  ['strikes after 1998', 'COUNT(*) AS strikes', "flight_date >= '1999-01-01'"],
  ['strikes before 1995-06-01', 'COUNT(*) AS strikes', "flight_date < '1995-06-01'"],
  ['strikes until 1995', 'COUNT(*) AS strikes', "flight_date < '1996-01-01'"],
  ['strikes in July 1998', 'COUNT(*) AS strikes', "flight_date >= '1998-07-01' AND flight_date < '1998-08-01'"],
  ['strikes in July', 'COUNT(*) AS strikes', "substr(flight_date, 6, 2) IN ('07')"],
  ['strikes in winter 1998', 'COUNT(*) AS strikes', "flight_date >= '1998-12-01' AND flight_date < '1999-03-01'"],
  ['strikes between March and May', 'COUNT(*) AS strikes', "substr(flight_date, 6, 2) IN ('03', '04', '05')"],
  ['strikes from November to January', 'COUNT(*) AS strikes', "substr(flight_date, 6, 2) IN ('11', '12', '01')"],
  ['strikes on Mondays', 'COUNT(*) AS strikes', "strftime('%w', flight_date) IN ('1')"],
  // Spelling
  ['avergae speeed by speceis', 'species, ROUND(AVG(speed_knots), 2) AS avg_speed_knots', 'speed_knots IS NOT NULL'],
  ['strikes in Califronia by airlnie', 'airline, COUNT(*) AS strikes', "state = 'California'"],
];

describe('the grammar', () => {
  it.each(QUESTIONS.map(([question, select, where = '']) => ({ question, select, where })))('reads “$question”', ({ question, select, where }) => {
    expect(parts(question)).toMatchObject({ select, where });
    expect(rowsOf(grammar.plan(question)).length).toBeGreaterThan(0);
  });

  it.each([
    ['top 10 airports by cost', 'airport, SUM(cost_total) AS sum_cost_total', 'sum_cost_total DESC, 1', '10'],
    ['top ten airports', 'airport, COUNT(*) AS strikes', 'strikes DESC, 1', '10'],
    ['top 3 species', 'species, COUNT(*) AS strikes', 'strikes DESC, 1', '3'],
    ['bottom 5 states by number of strikes', 'state, COUNT(*) AS strikes', 'strikes ASC, 1', '5'],
    ['5 airports with the most strikes', 'airport, COUNT(*) AS strikes', 'strikes DESC, 1', '5'],
    ['which airline had the most strikes?', 'airline, COUNT(*) AS strikes', 'strikes DESC, 1', '10'],
    ['which state has the highest average cost', 'state, ROUND(AVG(cost_total), 2) AS avg_cost_total', 'avg_cost_total DESC, 1', '10'],
    ['species with the lowest speed', 'species, ROUND(AVG(speed_knots), 2) AS avg_speed_knots', 'avg_speed_knots ASC, 1', '10'],
    ['highest cost by species ever, top 4', 'species, MAX(cost_total) AS max_cost_total', 'max_cost_total DESC, 1', '4'],
    ['3 most expensive strikes ever in Texas or California', "flight_date || ' ' || species || ' (' || id || ')' AS strike, airport, aircraft, cost_total", 'cost_total DESC, id', '3'],
    ['3 most expensive strikes', "flight_date || ' ' || species || ' (' || id || ')' AS strike, airport, aircraft, cost_total", 'cost_total DESC, id', '3'],
  ])('ranks “%s”', (question, select, order, limit) => {
    expect(parts(question)).toMatchObject({ select, order, limit });
    expect(rowsOf(grammar.plan(question))).toHaveLength(Number(limit));
  });

  it('answers with the numbers of the data', () => {
    expect(rowsOf(grammar.plan('number of strikes by state')).slice(0, 2)).toEqual([{ state: 'Texas', strikes: 1495 }, { state: 'California', strikes: 890 }]);
    expect(rowsOf(grammar.plan('sum of cost'))).toEqual([{ sum_cost_total: 40_545_276 }]);
    expect(rowsOf(grammar.plan('share of strikes by size'))).toEqual([
      { wildlife_size: 'Small', strikes: 4910, share_percent: 49.1 }, { wildlife_size: 'Medium', strikes: 4346, share_percent: 43.46 }, { wildlife_size: 'Large', strikes: 744, share_percent: 7.44 },
    ]);
    expect(rowsOf(grammar.plan('strikes by weekday')).map(({ weekday }) => weekday)).toEqual(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']);
    expect(rowsOf(grammar.plan('strikes by month of the year')).map(({ month_of_year: month }) => month).slice(0, 2)).toEqual(['January', 'February']);
    expect(rowsOf(grammar.plan('strikes by quarter in 1998')).map(({ quarter }) => quarter)).toEqual(['1998-01', '1998-04', '1998-07', '1998-10']);
  });

  it.each(['Which species cause the most damage?', 'which species caused most of the damage', 'top 10 species by damage', 'most damaging species'])('counts strikes with damage alone: “%s”', (question) => {
    expect(parts(question)).toMatchObject({ select: 'species, COUNT(*) AS strikes', where: "damage <> 'None'", order: 'strikes DESC, 1', limit: '10' });
    expect(parts('what is the most common damage')).toMatchObject({ select: 'damage, COUNT(*) AS strikes', where: '' });
  });

  it('reads “ever” as no other word', () => {
    expect(grammar.plan('most expensive strike ever').explanation).not.toContain('Read “');
  });

  it('gives one row for each of the values that are compared', () => {
    expect(rowsOf(grammar.plan('How many strikes happened at night versus during the day?'))).toEqual([{ time_of_day: 'Day', strikes: 5624 }, { time_of_day: 'Night', strikes: 3363 }]);
    expect(rowsOf(grammar.plan('strikes in Texas and California together'))).toEqual([{ strikes: 2385 }]);
    expect(grammar.plan('strikes per year in Texas and California').fill).toEqual({ column: 'year', unit: 'year' });
    // Years with fewer are not years with none.
    expect(grammar.plan('strikes per year only with at least 500 strikes').fill).toBeUndefined();
  });

  it('keeps the first groups of a top list through a second column', () => {
    const rows = rowsOf(grammar.plan('top 2 airlines by number of strikes per year'));
    expect(new Set(rows.map(({ airline }) => airline))).toEqual(new Set(['AMERICAN AIRLINES', 'US AIRWAYS*']));
    expect(rows).toHaveLength(26);
  });

  it.each(['strikes per year for the top 2 airlines', 'strikes per year for the 2 airlines with the most strikes', 'number of strikes per year per airline, top 2 airlines'])('ranks what stands behind the number, wherever that is: “%s”', (question) => {
    expect(grammar.plan(question).sql).toBe(grammar.plan('top 2 airlines by number of strikes per year').sql);
  });

  it('says how it has read the question, and what to mind', () => {
    const { title, explanation } = grammar.plan('avg cost by speceis in texas since 1985');
    expect(title).toBe('Average total cost by species, state Texas, since 1985');
    expect(explanation).toBe('Read “speceis” as “species”. Shows the average total cost by species. Only records that fit count: state Texas; since 1985. The records go from 1990-01-08 to 2002-07-25. A cost of 0 also stands for one that was not told, as in most records.');
  });

  it('reads its own words as the same question', () => {
    const all = [...QUESTIONS.map(([question]) => question), 'top 10 airports by cost', 'bottom 5 states by number of strikes', '3 most expensive strikes', 'top 2 airlines by number of strikes per year', 'strikes not on weekends by quarter', 'strikes by day in 1998-07'];
    for (const question of all) {
      const again = grammar.paraphrase(question);
      expect([question, grammar.paraphrase(again)]).toEqual([question, again]);
      expect([question, grammar.plan(again).sql]).toEqual([question, grammar.plan(question).sql]);
    }
  });
});

describe('a question that is not understood', () => {
  it.each([['best airport', 'best', 'west'], ['what is love', 'love', 'dove'], ['love by state', 'love', 'dove']])(
    'is one with a short word that is a known one but for the first letter: “%s”', (question, word, near) => {
      expect(refused(question)).toContain(`“${word}” is not known (“${word}” is nearest to “${near}”)`);
    });

  it('is none where letters of a short word are missing, doubled, swapped or, but for the first, others', () => {
    for (const typo of ['pseed', 'speeed', 'sped', 'spedd', 'peed']) expect([typo, grammar.plan(`average ${typo} by phase`).sql]).toEqual([typo, grammar.plan('average speed by phase').sql]);
  });

  const refused = (question: string) => {
    try {
      return `understood: ${grammar.plan(question).sql}`;
    } catch (error) {
      expect(error).toMatchObject({ code: 'question_not_understood', name: 'QuestionNotUnderstood' });
      expect((error as Error).message.length).toBeLessThan(2000);
      return (error as Error).message;
    }
  };

  it('is answered with what is wrong, what is near, the columns and the forms', () => {
    const message = refused('number of passengers by state');
    expect(message).toMatch(/^The question is not understood: “passengers” is not known/);
    expect(message).toContain('Nearest question: “number of strikes by state”.');
    expect(message).toContain('Columns: date, airport, state, airline, aircraft, phase of flight, time of day, species, wildlife size, damage, speed, repair cost, other cost, total cost.');
    expect(message).toMatch(/Forms: .*“top 10 airports by cost”.*“strikes per month in Texas”/);
  });

  it.each([
    ['median cost by species', '“median” is not known', 'sum of total cost by species'],
    ['DROP TABLE birdstrikes', '“drop” and “table” are not known', 'number of strikes'],
    ['what is the meaning of life', '“meaning” and “life” are not known', 'number of strikes by state'],
    ['average number of strikes per month', 'avg of count', 'number of strikes by state'],
    ['average of airports', 'the avg of what?', 'number of strikes by state'],
    ['strikes by state, size and damage', 'more than two columns', 'number of strikes by state'],
    ['share of strikes', 'a share by what?', 'number of strikes by state'],
    ['share of average speed by state', 'a share is of a number of strikes or of a sum', 'number of strikes by state'],
    ['strikes in 2010 by state', 'the records go from 1990-01-08 to 2002-07-25, and none is in 2010', 'number of strikes by state'],
    ['strikes in the 1980s', 'none is from 1980 to 1989', 'number of strikes by state'],
    ['strikes before 1980', 'none is before 1980', 'number of strikes by state'],
    ['strikes in Alaska', 'no report is from Alaska; “strikes by state” has the states there are, and ALASKA AIRLINES is asked for by the whole name', 'number of strikes by state'],
    ['strikes in Kansas and Texas', 'no report is from Kansas;', 'number of strikes by state'],
    ['cost per year in Arkansas', 'no report is from Arkansas; “strikes by state” has the states there are', 'number of strikes by state'],
    ['owls in west virginia', 'no report is from West Virginia;', 'number of strikes by state'],
    ['strikes on 1998-02-30', '1998-02-30 is not in the calendar', 'number of strikes by state'],
    ['strikes between 1995', '“between” needs two years', 'number of strikes by state'],
    ['strikes over 200', '“over 200” of what?', 'number of strikes by state'],
    ['strikes not in 1998 in Texas', '“not” fits values', 'number of strikes by state'],
    ['strikes in 1992 and 1998', 'two stretches of time', 'number of strikes by state'],
    ['5 strikes in Texas', '5 by what?', 'number of strikes by state'],
    ['top 10 strikes by cost and speed', 'one number', 'number of strikes by state'],
    ['number of strikes versus cost', 'only by a column', 'number of strikes by state'],
    ['strikes by', '“by” needs a column', 'number of strikes by state'],
    ['strikes under Texas', '“under” needs a number', 'number of strikes by state'],
    ['top 0 species', '1 to 1000', 'number of strikes by state'],
    ['top 5 by cost', 'the top of what?', 'number of strikes by state'],
    ['Texas', 'it does not say what to work out', 'number of strikes by state'],
    ['?!', 'it does not say what to work out', 'number of strikes by state'],
    ['strikes 7', 'the number 7', 'number of strikes by state'],
    ['strikes in Texas versus JFK', 'two values of one column', 'number of strikes by state'],
    ['Compare JFK and Texas', 'two values of one column', 'number of strikes by state'],
    ['strikes of owls versus hawks', '“owls” stands for several values of species', 'number of strikes by state'],
    ['summer vs winter strikes', '“summer” stands for several values of month of the year', 'number of strikes by state'],
    ['strikes by size and damage in Texas and California', 'add “together”', 'number of strikes by state'],
    ['strikes with damage versus without damage', 'ask “by damage”', 'number of strikes by state'],
    ['strikes in July 1998 versus August 1998 by size', 'what is compared', 'number of strikes by state'],
    ['which airline had the worst damage', 'nothing has “worst damage”', 'number of strikes by state'],
    ['average cost versus highest cost', 'stands against itself', 'number of strikes by state'],
    ['strikes in summer by size but not in July', 'months both to keep and to leave out', 'number of strikes by state'],
    ['strikes with at least 50 strikes', 'a filter on groups by one column', 'number of strikes by state'],
    ['strikes by airline with more than 10 birds', 'how many animals', 'number of strikes by state'],
  ])('“%s”', (question, problem, guess) => {
    const message = refused(question);
    expect(message).toContain(problem);
    expect(message).toContain(`Nearest question: “${guess}”.`);
    expect(() => grammar.plan(guess)).not.toThrow();
  });

  it('is no way to write SQL: values come from the data set alone', () => {
    for (const question of ["strikes in Texas' OR 1=1 --", "strikes in '; DROP TABLE birdstrikes; --", 'strikes in "Texas" UNION SELECT * FROM sqlite_master']) {
      expect(refused(question)).toContain('not understood');
    }
  });

  it('is refused soon, however long it is', () => {
    for (const question of ['strikes by '.repeat(45), 'a'.repeat(500), 'Texas '.repeat(83), '9'.repeat(500), 'between '.repeat(60)]) refused(question);
  });
});

describe('any words in any order', () => {
  const WORDS = [
    'sum of', 'average', 'maximum', 'number of', 'highest', 'most', 'top', 'bottom', 'share of', 'versus', 'by', 'per', 'and', 'or', 'not', 'with', 'in', 'the', 'between', 'from', 'to', 'since', 'before', 'until', 'over',
    'at least', 'knots', '$', 'cost', 'repair cost', 'speed', 'state', 'airline', 'species', 'size', 'damage', 'phase', 'time of day', 'year', 'month', 'quarter', 'day', 'weekday', 'month of the year', 'strikes', 'Texas',
    'California', 'compare', 'together', 'at least 5 strikes', 'Approach', 'night', 'during the day', 'geese', 'owls', 'most damage', 'large', 'minor damage', '737', 'JFK', '5', '200', '10,000', '1995', '1999', '2010', '1998-07', '1998-07-04', 'July', 'summer', 'Mondays', '1990s', 'gibberish',
  ];

  it('are understood as something that can be run, or are refused', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 9 }), (words) => {
      let plan: QueryPlan;
      try {
        plan = grammar.plan(words.join(' '));
      } catch (error) {
        expect(error).toMatchObject({ code: 'question_not_understood' });
        return;
      }
      db.prepare(guardSql(`${plan.sql}`)).get();
    }), { numRuns: 300 });
  });

  it('and what is understood is told in words that mean the same', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...WORDS.slice(0, -1)), { minLength: 2, maxLength: 7 }), (words) => {
      const question = words.join(' ');
      let sql: string;
      try {
        ({ sql } = grammar.plan(question));
      } catch {
        return;
      }
      expect(grammar.plan(grammar.paraphrase(question)).sql).toBe(sql);
    }), { numRuns: 300 });
  });
});
