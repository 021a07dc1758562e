import { Injectable } from '@nestjs/common';

interface Article {
  name: string;
  price: number;
  stock: number;
}

/** Its `code` is what readers of the stream see as the `cause` of the step's failure. */
export class UnknownArticleError extends Error {
  readonly code = 'UNKNOWN_ARTICLE';

  constructor(sku: string) {
    super(`there is no article ${sku}`);
  }
}

/** What is sold; an app would have a database here. */
@Injectable()
export class Catalog {
  private readonly articles = new Map<string, Article>([
    ['lamp', { name: 'Desk lamp', price: 4900, stock: 40 }],
    ['desk', { name: 'Oak desk', price: 64_900, stock: 3 }],
    ['chair', { name: 'Swivel chair', price: 21_900, stock: 12 }],
  ]);

  skus(): string[] {
    return [...this.articles.keys()];
  }

  /** @throws UnknownArticleError */
  article(sku: string): Article {
    const article = this.articles.get(sku);
    if (!article) throw new UnknownArticleError(sku);
    return article;
  }
}
