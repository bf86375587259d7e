/*
 * Baseline for `npm run bench`: what plain C reaches inserting row by row into the table that the event store uses,
 * with the same partial index. Prepared statement, one row a step, transactions of 16,384 rows, WAL, NORMAL.
 *
 *   cc -O2 -o insert bench/insert.c -lsqlite3 && ./insert DATABASE ROWS
 *
 * DATABASE must not exist. Prints one JSON object: rows, seconds (final checkpoint included) and bytes of the file.
 * Table and index are spelled out here because this program must not depend on the code it is compared with; a test
 * (test/unit/store/parts.test.ts) holds them equal to the migration.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS_PER_TRANSACTION 16384

static const char *const SCHEMA =
    "CREATE TABLE event ("
    "session INTEGER NOT NULL, position INTEGER NOT NULL, skipped INTEGER NOT NULL, time_ns INTEGER NOT NULL, "
    "thread INTEGER NOT NULL, site INTEGER NOT NULL, type INTEGER NOT NULL, subject INTEGER NOT NULL, "
    "a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, "
    "PRIMARY KEY (session, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX event_subject ON event (session, subject, position) WHERE type < 64;";

/* The events of one page fault as the model records it at `full`; five of twelve have an index entry (type < 64). */
enum { VCPU = 2, ROOT = 3, TABLE = 4, LOCK = 5, THREAD = 7 };
#define WIDE (-1) /* a value that differs from row to row */
#define STEPS 12
static const struct step {
    int type, kind, a, b, c;
} FAULT[STEPS] = {
    {19, VCPU, 1, WIDE, 2},    {70, VCPU, WIDE, 2, 0},    {33, LOCK, 1, 0, 0},       {88, THREAD, 1, 0, 0},
    {120, TABLE, 2, WIDE, WIDE}, {121, TABLE, WIDE, 17, WIDE}, {125, TABLE, 17, 0, WIDE}, {89, THREAD, 0, 0, 0},
    {34, LOCK, 1, 0, 0},       {71, VCPU, WIDE, 1, WIDE}, {3, ROOT, 1, 2, WIDE},     {18, VCPU, WIDE, 0, WIDE},
};

static sqlite3 *db;

static void check(int rc, const char *what)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
        return;
    fprintf(stderr, "insert: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(const char *sql)
{
    check(sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static uint32_t next_u32(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: insert DATABASE ROWS\n");
        return 2;
    }
    const long rows = strtol(argv[2], NULL, 10);
    check(sqlite3_open(argv[1], &db), "open");
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=NORMAL");
    run("PRAGMA wal_autocheckpoint=16000");
    run("PRAGMA cache_size=-16000");
    run(SCHEMA);

    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(db, "INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?)", -1, &insert, NULL), "prepare");

    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    uint32_t random = 1;
    int64_t time_ns = 0;
    run("BEGIN");
    for (long i = 0; i < rows; i++) {
        const struct step *step = &FAULT[i % STEPS];
        const uint32_t r = next_u32(&random);
        const int number = step->kind == ROOT ? (int)(i / 1024) : step->kind == TABLE ? (int)(i / STEPS) : 0;
        time_ns += 20 + r % 400;
        sqlite3_bind_int(insert, 1, 1);
        sqlite3_bind_int64(insert, 2, i + 1);
        sqlite3_bind_int(insert, 3, 0);
        sqlite3_bind_int64(insert, 4, time_ns);
        sqlite3_bind_int(insert, 5, (int)(i / 3000) & 1);
        sqlite3_bind_int(insert, 6, (int)(i % STEPS) * 40 + (int)(r >> 28));
        sqlite3_bind_int(insert, 7, step->type);
        sqlite3_bind_int(insert, 8, number * 16 + step->kind);
        sqlite3_bind_int(insert, 9, step->a == WIDE ? (int)((r >> 11) & 0xffff) : step->a);
        sqlite3_bind_int(insert, 10, step->b == WIDE ? (int)((r >> 3) & 0x1ffff) : step->b);
        sqlite3_bind_int(insert, 11, step->c == WIDE ? (int)((r >> 8) & 0xffff) : step->c);
        check(sqlite3_step(insert), "insert");
        sqlite3_reset(insert);
        if ((i + 1) % ROWS_PER_TRANSACTION == 0)
            run("COMMIT; BEGIN");
    }
    run("COMMIT");
    run("PRAGMA wal_checkpoint(TRUNCATE)");
    clock_gettime(CLOCK_MONOTONIC, &to);

    sqlite3_finalize(insert);
    sqlite3_close(db);
    FILE *file = fopen(argv[1], "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fprintf(stderr, "insert: cannot read back %s\n", argv[1]);
        return 1;
    }
    const double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("{\"rows\":%ld,\"seconds\":%.3f,\"bytes\":%ld,\"sqlite\":\"%s\"}\n", rows, seconds, ftell(file),
           sqlite3_libversion());
    fclose(file);
    return 0;
}
