#!/usr/bin/env python3
"""match.py MATCH_USERS MAKE_TENANT FOLDER [--quick]: match-users at the size of a big tenant, on one core and on all, beside DuckDB.

The tenants are made in FOLDER. In turns, so that other work on the machine slows all alike:

- 1,000,000 users and 400,000 certificates with match-users on one core and on all, three times, and once with DuckDB. DuckDB reads no
  certificates: Python's cryptography, which is OpenSSL and Rust inside, reads them for it.
- match-users with 10,000 to 5,000,000 users: processor time for each user and each certificate, and memory."""

import json
import os
import pathlib
import resource
import subprocess
import sys
import time

import duckdb
import pyarrow
from cryptography import x509

CORES = sorted(os.sched_getaffinity(0))
UPN = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")


def tenant(make_tenant, folder, users, certificates):
    path = folder / f"{users}-{certificates}"
    if not (path / "policy.json").exists():
        subprocess.run([make_tenant, str(users), str(certificates), path], check=True)
    return path


def match_users(program, path, users, cores=None, certificates=True):
    """Wall time, processor time, greatest memory in bytes and the summary of one run."""
    command = [program, "--directory", path / users, "--policy", path / "policy.json", "--summary", "--json", "-"]
    with open(path / "certificates.der" if certificates else os.devnull, "rb") as stream:
        begun = time.monotonic()
        child = subprocess.Popen(command, stdin=stream, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                 preexec_fn=lambda: os.sched_setaffinity(0, cores or CORES))
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    summary = json.loads(output.splitlines()[-1])["summary"]
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, summary


def processor_time():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def read_certificates(path):
    """What DuckDB needs to know of each certificate."""
    stream, start, names, keys = (path / "certificates.der").read_bytes(), 0, [], []
    while start < len(stream):
        end = start + 4 + int.from_bytes(stream[start + 2:start + 4])
        extensions = x509.load_der_x509_certificate(stream[start:end]).extensions
        start = end
        alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        # A UTF8String of less than 128 bytes.
        names.append(next((other.value[2:].decode() for other in alternative.get_values_for_type(x509.OtherName)
                           if other.type_id == UPN), None))
        keys.append(extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex())
    return pyarrow.table({"name": names, "ski": keys})


def in_duckdb(path, certificates):
    """The numbers of certificates that match a user, that match none of a user's values, and that name nobody."""
    connection = duckdb.connect()
    connection.register("certificates", certificates)
    return connection.execute("""
        CREATE TABLE users AS SELECT lower(userPrincipalName) AS name, lower(onPremisesUserPrincipalName) AS on_premises,
            list_transform(authorizationInfo.certificateUserIds, lambda value: lower(value)) AS ids
            FROM read_json(?, format = 'newline_delimited', columns = {userPrincipalName: 'VARCHAR',
                onPremisesUserPrincipalName: 'VARCHAR', authorizationInfo: 'STRUCT(certificateUserIds VARCHAR[])'});
        """, [str(path / "users.jsonl")]).execute("""
        SELECT count(*) FILTER (ids IS NOT NULL AND bound), count(*) FILTER (ids IS NOT NULL AND NOT bound),
            count(*) FILTER (ids IS NULL) FROM (
            SELECT coalesce(first.ids, second.ids) AS ids, coalesce(list_contains(coalesce(first.ids, second.ids), 'x509:<ski>' || ski)
                OR list_contains(coalesce(first.ids, second.ids), 'x509:<pn>' || lower(c.name)), false) AS bound
            FROM certificates c LEFT JOIN users first ON first.on_premises = lower(c.name)
                LEFT JOIN users second ON second.name = lower(c.name))
        """).fetchone()


def side_by_side(program, path):
    print("1,000,000 users and 400,000 certificates     wall s   processor s      MB")
    walls = {}
    for name, users, cores in [("match-users, one core", "users.jsonl", CORES[:1]), ("match-users, all cores", "users.jsonl", CORES),
                               ("match-users, all cores, CSV", "users.csv", CORES)] * 3:
        wall, processor, memory, summary = match_users(program, path, users, cores)
        walls.setdefault(name, []).append(wall)
        print(f"  {name:<40} {wall:>8.2f} {processor:>13.2f} {memory / 1e6:>7.0f}")
    ratios = [all_ / one for one, all_ in zip(walls["match-users, one core"], walls["match-users, all cores"])]
    print(f"  wall time on {len(CORES)} cores, of that on one: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")

    begun, before = time.monotonic(), processor_time()
    certificates = read_certificates(path)
    read, read_processor = time.monotonic() - begun, processor_time() - before
    print(f"  {'cryptography reads the certificates':<40} {read:>8.2f} {read_processor:>13.2f}")
    begun, before = time.monotonic(), processor_time()
    matched, unbound, nobody = in_duckdb(path, certificates)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    joined, joined_processor = time.monotonic() - begun, processor_time() - before
    print(f"  {'DuckDB loads the users and matches':<40} {joined:>8.2f} {joined_processor:>13.2f} {memory / 1e6:>7.0f}")
    print(f"  the two together: {(read_processor + joined_processor) / processor:.1f} times the processor time of match-users")
    ours = (summary["multifactor"] + summary["single_factor"], summary["no_binding"], summary["no_user"])
    assert ours == (matched, unbound, nobody), f"match-users: {ours}, DuckDB: {(matched, unbound, nobody)}"
    print(f"  both: {matched} match, {unbound} match no value of their user, {nobody} name nobody")


def sizes(program, make_tenant, folder, all_users):
    print("    users   µs a user, JSON Lines   CSV   µs a certificate    MB, JSON Lines   CSV   bytes a user")
    for users in all_users:
        path = tenant(make_tenant, folder, users, 400_000)
        # The shortest of three, because the machine may be busy.
        def least(**options):
            runs = [match_users(program, path, **options) for _ in range(3)]
            return min(run[1] for run in runs), max(run[2] for run in runs)
        lines, lines_memory = least(users="users.jsonl", certificates=False)
        csv, csv_memory = least(users="users.csv", certificates=False)
        both, _ = least(users="users.jsonl")
        print(f"{users:>9} {lines / users * 1e6:>23.2f} {csv / users * 1e6:>5.2f} {(both - lines) / 400_000 * 1e6:>18.2f} "
              f"{lines_memory / 1e6:>17.0f} {csv_memory / 1e6:>5.0f} {lines_memory / users:>14.0f}")


def main(program, make_tenant, folder, *options):
    folder = pathlib.Path(folder)
    side_by_side(program, tenant(make_tenant, folder, 1_000_000, 400_000))
    sizes(program, make_tenant, folder, [10_000, 100_000, 1_000_000] + ([] if "--quick" in options else [5_000_000]))


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
