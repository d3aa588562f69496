/** A schema with a storage under test in it, of which nothing is left behind. */

import { randomBytes } from "node:crypto";
import type pg from "pg";
import { withCleanup } from "../../src/cleanup.js";
import { UserError } from "../../src/errors.js";
import type { Lane } from "../../src/memory/index.js";
import { connect, type PostgresServer } from "../../src/postgres/server.js";
import type { StorageUnderTest } from "./storage.js";

/** As the storage made them: the names of its tables, their rows, and where its sequences are. */
interface Installed {
  readonly tables: readonly string[];
  /** Statements that put back what truncating the tables takes away. */
  readonly restore: readonly string[];
}

export class Site {
  readonly server: PostgresServer;
  readonly storage: StorageUnderTest;
  readonly schema = `adapter_${randomBytes(4).toString("hex")}`;
  readonly client: pg.Client;
  private installed: Installed | null = null;

  private constructor(server: PostgresServer, storage: StorageUnderTest, client: pg.Client) {
    this.server = server;
    this.storage = storage;
    this.client = client;
  }

  /** Installs the storage, has it used, and takes it away. */
  static async with<T>(
    server: PostgresServer,
    { storage, lanes }: { readonly storage: StorageUnderTest; readonly lanes: readonly Lane[] },
    use: (site: Site) => Promise<T>,
  ): Promise<T> {
    const site = new Site(server, storage, await connect(server));
    return withCleanup(
      () => site.close(),
      async () => {
        await site.install(lanes);
        return use(site);
      },
    );
  }

  private async install(lanes: readonly Lane[]): Promise<void> {
    const { client, schema, storage } = this;
    await client.query(`create schema ${schema}`);
    try {
      await storage.install(this, lanes);
    } catch (cause) {
      const why = (cause as Error).message;
      const message = `${storage.name} could not be installed in an empty schema: ${why}.`;
      throw new UserError(message, "See its function install.", { cause });
    }
  }

  private get kept(): string {
    return `${this.schema}_kept`;
  }

  private async close(): Promise<void> {
    const { client, schema, kept } = this;
    await client.query("rollback");
    await client.query(`drop schema if exists ${schema} cascade`);
    await client.query(`drop schema if exists ${kept} cascade`);
    await client.end();
  }

  /** Everything is as the storage has installed it. */
  async reset(): Promise<void> {
    const { tables, restore } = (this.installed ??= await this.look());
    if (tables.length === 0) return;
    const truncate = `truncate ${tables.join(", ")} restart identity cascade`;
    await this.client.query([truncate, ...restore].join("; "));
  }

  /** Rows that are there from the beginning are kept beside the schema. */
  private async look(): Promise<Installed> {
    const { client, schema, kept } = this;
    const { rows } = await client.query<{ name: string; columns: string; rows: boolean }>(
      `select quote_ident(c.relname) as name,
              (select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
               from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 and a.attgenerated = '') as columns,
              (xpath('/row/n/text()', query_to_xml(
                format('select count(*) as n from %s', c.oid::regclass), false, true, ''
              )))[1]::text::int > 0 as rows
       from pg_class c
       where c.relnamespace = '${schema}'::regnamespace and c.relkind in ('r', 'p')
         and not c.relispartition
       order by c.oid`,
    );
    await client.query(`create schema ${kept}`);
    const restore: string[] = [];
    for (const { name, columns } of rows.filter((table) => table.rows)) {
      await client.query(
        `create table ${kept}.${name} as select ${columns} from ${schema}.${name}`,
      );
      restore.push(
        `insert into ${schema}.${name} (${columns}) overriding system value
         select ${columns} from ${kept}.${name}`,
      );
    }
    return {
      tables: rows.map(({ name }) => `${schema}.${name}`),
      restore: [...restore, ...(await this.sequences())],
    };
  }

  private async sequences(): Promise<readonly string[]> {
    const { rows } = await this.client.query<{ text: string }>(
      `select format('select setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
                     coalesce(last_value, start_value), last_value is not null) as text
       from pg_sequences where schemaname = '${this.schema}'`,
    );
    return rows.map(({ text }) => text);
  }
}
