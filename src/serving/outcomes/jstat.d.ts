/** What of jStat is used; it has no types of its own. */
declare module 'jstat' {
  type Distribution<P extends number[]> = {
    cdf(x: number, ...parameters: P): number
    inv(p: number, ...parameters: P): number
  }
  const jstat: {
    readonly normal: Distribution<[mean: number, deviation: number]>
    readonly studentt: Distribution<[degrees: number]>
  }
  export default jstat
}
