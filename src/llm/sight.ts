/** Families of models that see images. */
const families = [
  /^(gpt-4o|chatgpt-4o|gpt-4\.[15]|gpt-4-turbo|gpt-5)/,
  /^o[134](?!-mini)(-|$)/,
  /^claude/,
  /^gemini/,
  /^gemma-?3/,
  /^(meta-)?llama-?(4|3\.2-vision)/,
  /^(llava|bakllava|moondream|minicpm-v|pixtral|mistral-small-?3\.[1-9])/,
  /vision/,
  /^qwen.*vl/,
]

/** By the provider's name for a model, as `knownContextTokens`. A model of an unknown family gets no images. */
export function seesImages(model: string): boolean {
  const name = model.toLowerCase().replace(/^ft:/, '').split('/').at(-1)!
  return families.some((family) => family.test(name))
}
