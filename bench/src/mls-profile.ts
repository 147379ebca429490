// `node bench/src/mls-profile.ts --op update.create --n 1000 [--suite 1]`: where an operation spends its CPU time, by function.
import { Session } from "node:inspector/promises"
import { parseArgs } from "node:util"
import { nodeCrypto } from "@starling/mls/node"
import { operation } from "./mls/operations.ts"
import { sceneOf } from "./mls/scene.ts"
const { values } = parseArgs({ options: { op: { type: "string", default: "update.create" }, n: { type: "string", default: "1000" }, suite: {type:"string", default: "1"}, runs: {type:"string",default:"0"} } })
const scene = sceneOf(nodeCrypto(Number(values.suite) as 1), Number(values.n))
const op = operation(scene, scene.mls, values.op as "join")
const runs = Number(values.runs) || (values.op.endsWith("32") ? 20000 : values.op === "join" ? 30 : 1000)
op.prepare(runs/2); for (let i=0;i<runs/2;i++) op.run()
op.prepare(runs)
const s = new Session(); s.connect()
await s.post("Profiler.enable"); await s.post("Profiler.setSamplingInterval", {interval: 200}); await s.post("Profiler.start")
const t = process.cpuUsage(), w = performance.now()
for (let i=0;i<runs;i++) op.run()
const u = process.cpuUsage(t), ww = performance.now()-w
const { profile } = await s.post("Profiler.stop")
console.log(values.op, "cpu us/run", ((u.user+u.system)/runs).toFixed(1), "wall", (ww*1000/runs).toFixed(1))
const byId = new Map(profile.nodes.map(n=>[n.id,n]))
const self = new Map<number, number>()
profile.samples!.forEach((id,i)=>self.set(id,(self.get(id)??0)+profile.timeDeltas![i]!))
const parent = new Map<number, number>()
for (const n of profile.nodes) for (const c of n.children??[]) parent.set(c,n.id)
const agg = new Map<string,number>(), total = [...self.values()].reduce((a,b)=>a+b,0), incl = new Map<string,number>()
const name = (n: {callFrame:{functionName:string,url:string,lineNumber:number}}) => `${n.callFrame.functionName||"(anon)"} ${n.callFrame.url.replace(/.*\/(packages|node_modules|bench)\//,"")}:${n.callFrame.lineNumber+1}`
for (const [id,us] of self) { const n=byId.get(id)!; agg.set(name(n),(agg.get(name(n))??0)+us); const seen=new Set<string>(); for (let at: number|undefined=id; at!==undefined; at=parent.get(at)) { const nm=name(byId.get(at)!); if(!seen.has(nm)) {seen.add(nm); incl.set(nm,(incl.get(nm)??0)+us)} } }
const show=(m:Map<string,number>,k:number)=>[...m].toSorted((a,b)=>b[1]-a[1]).slice(0,k).forEach(([f,us])=>console.log((us/runs).toFixed(1).padStart(9),(100*us/total).toFixed(1).padStart(5)+"%",f))
console.log("self"); show(agg,28); console.log("inclusive"); show(incl,55)
