export declare function testArguments(root: string, words: readonly string[]): string[]
