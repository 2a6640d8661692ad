/** For a model that is not in the list below. */
export const defaultContextTokens = 8192

/**
 * On a small machine Ollama gives every model 4,096 tokens and silently drops the rest of a prompt. So each request
 * says how many tokens the model gets. More than this would take a lot of memory.
 */
export const ollamaContextTokens = 8192

/** The first match counts. When the members of a family differ, this is the smallest size. */
const families: readonly (readonly [RegExp, number])[] = [
  [/^gpt-5.*-chat/, 128_000],
  [/^gpt-5/, 272_000], // for the prompt; the answer has its own 128,000
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

/** By the provider's name for a model: `meta/llama-3:8b`, `ft:gpt-3.5-turbo:org`. Undefined for an unknown family. */
export function knownContextTokens(model: string): number | undefined {
  const name = model.toLowerCase().replace(/^ft:/, '').split('/').at(-1)!
  return families.find(([pattern]) => pattern.test(name))?.[1]
}

/** How many tokens we ask Ollama to give a model. */
export const contextTokensAtOllama = (model: string): number =>
  Math.min(knownContextTokens(model) ?? ollamaContextTokens, ollamaContextTokens)

/**
 * The size of a model's context, for a prompt and its answer together. `provider` names the provider that serves the model.
 */
export function contextTokensOf(provider: string, model: string): number {
  return provider === 'ollama' ? contextTokensAtOllama(model) : (knownContextTokens(model) ?? defaultContextTokens)
}
