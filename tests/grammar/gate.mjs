// Reads a line of JSON a statement, {where, sql}, and writes one for each that Trino's grammar does not accept.
import { createInterface } from 'node:readline';
import { TrinoSQL } from 'dt-sql-parser';

const grammar = new TrinoSQL();
createInterface({ input: process.stdin }).on('line', (line) => {
  const { where, sql } = JSON.parse(line);
  for (const found of grammar.validate(sql).slice(0, 1)) {
    const says = `${found.message} at line ${found.startLine}, column ${found.startColumn}`;
    process.stdout.write(`${JSON.stringify({ where, says, sql })}\n`);
  }
});
