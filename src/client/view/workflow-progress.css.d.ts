/** A stylesheet has nothing to import: this is for compilers that look for types of everything that is imported. */
export {};
