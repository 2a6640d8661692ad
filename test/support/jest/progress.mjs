/** Says at once how many files of tests there are, and how many are left while they run. */
export default class Progress {
  #done = 0

  onRunStart({ numTotalTestSuites: files }) {
    process.stderr.write(`verbatim: ${files} file${files === 1 ? '' : 's'} of tests; each is named when it ends\n`)
  }

  onTestResult(_test, _result, { numTotalTestSuites: files }) {
    this.#done++
    if (this.#done % 10 === 0) process.stderr.write(`verbatim: ${this.#done} of ${files} files are done\n`)
  }
}
