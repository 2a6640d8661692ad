/** For a model nobody here knows. */
export const defaultContextTokens = 8192

/**
 * Ollama gives a model 4,096 tokens on a small machine, whatever it was made for, and cuts off silently what is more.
 * So it is told what to give, and this is what we ask it for: more would cost everyone a lot of memory.
 */
export const ollamaContextTokens = 8192

/** The first that matches. Where members of a family differ, the smaller. */
const families: readonly (readonly [RegExp, number])[] = [
  [/^gpt-5.*-chat/, 128_000],
  [/^gpt-5/, 272_000], // of which the prompt; the answer has its own 128,000
  [/^gpt-4\.1/, 1_047_576],
  [/^(gpt-4o|chatgpt-4o|gpt-4\.5|gpt-4-turbo|gpt-4-.*-preview)/, 128_000],
  [/^gpt-4-32k/, 32_768],
  [/^gpt-4/, 8192],
  [/^gpt-3\.5-turbo-instruct/, 4096],
  [/^gpt-3\.5-turbo/, 16_385],
  [/^gpt-oss/, 131_072],
  [/^o1-(mini|preview)/, 128_000],
  [/^o[134](-|$)/, 200_000],
  [/^claude/, 200_000],
  [/^gemini-[12]/, 1_048_576],
  [/^gemma-?3/, 32_768],
  [/^gemma/, 8192],
  [/^(meta-)?llama-?3\.[1-3]/, 131_072],
  [/^(meta-)?llama-?3/, 8192],
  [/^llama-?2/, 4096],
  [/^tinyllama/, 2048],
  [/^(mistral-large|mistral-nemo|ministral)/, 128_000],
  [/^(mistral|mixtral|codestral)/, 32_768],
  [/^qwen-?[23]/, 32_768],
  [/^deepseek-(chat|reasoner|r1|v3)/, 64_000],
  [/^phi-?4/, 16_384],
  [/^phi-?3/, 4096],
  [/^command-r/, 128_000],
  [/^grok/, 131_072],
]

/** Of a well-known family, by a model's name as the provider has it: `meta/llama-3:8b`, `ft:gpt-3.5-turbo:org`. */
export function knownContextTokens(model: string): number | undefined {
  const name = model.toLowerCase().replace(/^ft:/, '').split('/').at(-1)!
  return families.find(([pattern]) => pattern.test(name))?.[1]
}

/** What Ollama is asked to give a model. */
export const contextTokensAtOllama = (model: string): number =>
  Math.min(knownContextTokens(model) ?? ollamaContextTokens, ollamaContextTokens)

/** What a prompt and its answer may take together. The provider is the one that is asked, by its name. */
export function contextTokensOf(provider: string, model: string): number {
  return provider === 'ollama' ? contextTokensAtOllama(model) : (knownContextTokens(model) ?? defaultContextTokens)
}
