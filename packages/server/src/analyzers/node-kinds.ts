/** Nodes of the grammar that are words; their own commands are found by reading them. */
export const WORDS = new Set(
  'word number string raw_string ansi_c_string concatenation simple_expansion expansion command_substitution process_substitution arithmetic_expansion array brace_expression extglob_pattern regex'.split(
    ' ',
  ),
)

/** Words that are nothing but the outcome of what is inside. */
export const SUBSTITUTES = new Set(['command_substitution', 'process_substitution', 'arithmetic_expansion', 'array'])
