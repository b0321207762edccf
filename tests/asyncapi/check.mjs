// Prints what is wrong with an AsyncAPI document; status 1 when anything is worse than a remark.
import { fromFile, Parser } from "@asyncapi/parser";

const REMARK = 2;
const { diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const wrong = diagnostics.filter((one) => one.severity < REMARK);
for (const one of wrong) console.log(`${one.path.join(".")}: ${one.message}`);
process.exit(wrong.length ? 1 : 0);
