#!/usr/bin/env python3
"""check.py TENANT PROGRAMS [COUNT]: the module in DuckDB and in PySpark, on the certificates of a tenant that make-tenant made, beside the programs.

PROGRAMS is the folder of match-users, explain-upn and certificate-user-ids. Of COUNT certificates (100,000 by default) both engines compute the name,
the explanation and the values of certificateUserIds, which must be those that the programs print."""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import duckdb
import pyarrow
import pyarrow.parquet
import upn_resolver
from pyspark.sql import SparkSession
from pyspark.sql.functions import udf
from pyspark.sql.types import ArrayType, StringType

# The programs read files of up to 4 MiB.
CERTIFICATES_A_FILE = 1_000


def split(stream):
    """Certificates in DER, one behind the other, of 256 bytes or more."""
    certificates, start = [], 0
    while start < len(stream):
        assert stream[start:start + 2] == b"\x30\x82"
        end = start + 4 + int.from_bytes(stream[start + 2:start + 4])
        certificates.append(stream[start:end])
        start = end
    return certificates


def run(program, *arguments, **options):
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.stdout.decode()


def expected(tenant, programs, certificates):
    """Name, explanation and values of each certificate, as the programs print them."""
    matched = run(programs / "match-users", "--directory", tenant / "users.csv", "--policy", tenant / "policy.json", "-", "--json",
                  input=b"".join(certificates))
    names = [json.loads(line)["sent"] for line in matched.splitlines()[:-1]]
    explanations, values = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "some.pem")
        for start in range(0, len(certificates), CERTIFICATES_A_FILE):
            some = certificates[start:start + CERTIFICATES_A_FILE]
            file.write_text("".join(pem(der) for der in some))
            text = run(programs / "explain-upn", file, "--join", "entra")
            explanations += ["\n".join(part.splitlines()[1:]).rstrip() for part in text.split("certificate ")[1:]] \
                if len(some) > 1 else [text.rstrip()]
            reports = json.loads(run(programs / "certificate-user-ids", file, "--json"))
            values += [[value["value"] for value in report["certificate_user_ids"]] for report in reports]
    return names, explanations, values


def pem(der):
    return "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n"


def in_duckdb(table):
    connection = duckdb.connect()
    connection.create_function("sent_name", upn_resolver.sent_name, ["BLOB"], "VARCHAR", null_handling="special")
    connection.create_function("explain", upn_resolver.explain, ["BLOB"], "VARCHAR")
    connection.create_function("certificate_user_ids", upn_resolver.certificate_user_ids, ["BLOB"], "VARCHAR[]")
    connection.register("certificates", table)
    return connection.sql(
        "SELECT sent_name(der), explain(der), certificate_user_ids(der) FROM certificates ORDER BY number").fetchall()


def in_spark(file):
    # Spark's workers are otherwise the first Python on PATH, which does not have the module.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false") \
        .config("spark.driver.memory", "2g").config("spark.sql.execution.arrow.pyspark.enabled", "true").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    for name, kind in [("sent_name", StringType()), ("explain", StringType()), ("certificate_user_ids", ArrayType(StringType()))]:
        function = getattr(upn_resolver, name)
        spark.udf.register(name, lambda der, function=function: function(bytes(der)), kind)
    spark.read.parquet(str(file)).createOrReplaceTempView("certificates")
    rows = spark.sql("SELECT sent_name(der), explain(der), certificate_user_ids(der) FROM certificates ORDER BY number").collect()
    spark.stop()
    return [tuple(row) for row in rows]


def check(engine, rows, wanted):
    assert len(rows) == len(wanted), f"{engine}: {len(rows)} rows"
    for number, (row, want) in enumerate(zip(rows, wanted), 1):
        assert tuple(row) == want, f"{engine}, certificate {number}:\n{row}\ninstead of\n{want}"


def main(tenant, programs, count=100_000):
    tenant, programs = pathlib.Path(tenant), pathlib.Path(programs)
    certificates = split((tenant / "certificates.der").read_bytes())[:int(count)]
    try:
        upn_resolver.sent_name(certificates[0][:-1])
        raise AssertionError("a truncated certificate was accepted")
    except ValueError as error:
        assert str(error)
    wanted = list(zip(*expected(tenant, programs, certificates)))
    assert len(wanted) == len(certificates), f"the programs answered for {len(wanted)} certificates"
    table = pyarrow.table({"number": range(len(certificates)), "der": pyarrow.array(certificates, pyarrow.binary())})
    for engine, answer in [("DuckDB", lambda: in_duckdb(table)), ("PySpark", lambda: in_files(table))]:
        begun = time.monotonic()
        rows = answer()
        seconds = time.monotonic() - begun
        check(engine, rows, wanted)
        print(f"{engine}: {len(rows)} certificates in {seconds:.1f} s, equal to the programs'")


def in_files(table):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "certificates.parquet")
        pyarrow.parquet.write_table(table, file, row_group_size=10_000)
        return in_spark(file)


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
