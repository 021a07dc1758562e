/**
 * Who waits, user by user: each user's own in the order they came, and the users take turns, so that one who asks a lot does
 * not keep others waiting for all of it. The first of a user can be passed by while only that user has to wait.
 */
export interface Queued {
  /** Those without one share a turn. */
  readonly user: string | undefined;
}

export class FairQueue<T extends Queued> {
  /** In the order of their turns; no list is empty. */
  private readonly users = new Map<string | undefined, T[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(item: T): void {
    const own = this.users.get(item.user);
    if (own) own.push(item);
    else this.users.set(item.user, [item]);
    this.count++;
  }

  /** The first of each user, in the order of their turns. */
  *heads(): Generator<T, void, void> {
    for (const [head] of this.users.values()) yield head as T;
  }

  /** Takes out the first of a user, who is then the last to have a turn. */
  takeHead(user: string | undefined): void {
    const own = this.users.get(user);
    if (!own) return;
    own.shift();
    this.count--;
    this.users.delete(user);
    if (own.length) this.users.set(user, own);
  }

  /** Takes out one that does not wait any more; the turns stay as they are. */
  remove(item: T): void {
    const own = this.users.get(item.user);
    const at = own?.indexOf(item) ?? -1;
    if (!own || at < 0) return;
    own.splice(at, 1);
    this.count--;
    if (own.length === 0) this.users.delete(item.user);
  }

  has(item: T): boolean {
    return this.users.get(item.user)?.includes(item) ?? false;
  }

  /** Those of the same user that go before it. */
  ownAhead(item: T): T[] {
    const own = this.users.get(item.user) ?? [];
    return own.slice(0, Math.max(0, own.indexOf(item)));
  }

  /** All that go before it, as far as can be told now: its own, and as many turns of each other user. */
  ahead(item: T): T[] {
    const own = this.ownAhead(item);
    const ahead: T[] = [...own];
    let isLater = false;
    for (const [user, items] of this.users) {
      if (user === item.user) isLater = true;
      else ahead.push(...items.slice(0, isLater ? own.length : own.length + 1));
    }
    return ahead;
  }

  /** Takes out all. */
  clear(): T[] {
    const all = [...this.users.values()].flat();
    this.users.clear();
    this.count = 0;
    return all;
  }
}
