#!/usr/bin/env python3
"""The child allowance by OpenFisca-Japan (AGPL-3.0, from PyPI; only run beside ours, never linked or copied).

Reads the same households as the other peers from standard input, JSON Lines with each child's day of birth:
{"births": ["2026-01-31", …]}, builds one simulation from arrays, prints households per second. Sums differ from ours
where its rules differ: siblings count until they are 22 and not until the fiscal year ends, no statement of support is
needed, and ages are reckoned from the birthday.
"""
import json
import resource
import sys
import time

import numpy
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_japan import CountryTaxBenefitSystem

PERIOD = "2026-11-01"


def main():
    households = [json.loads(line)["births"] for line in sys.stdin]
    system = CountryTaxBenefitSystem()
    start = time.process_time()
    builder = SimulationBuilder()
    builder.create_entities(system)
    persons, members, roles, births = [], [], [], []
    for number, children in enumerate(households):
        for place, birth in enumerate(["1993-05-01", *children]):
            persons.append(len(persons))
            members.append(number)
            roles.append("子" if place else "親")
            births.append(birth)
    builder.declare_person_entity("人物", persons)
    group = builder.declare_entity("世帯", range(len(households)))
    builder.join_with_persons(group, numpy.array(members), numpy.array(roles))
    simulation = builder.build(system)
    simulation.set_input("誕生年月日", PERIOD, numpy.array(births, dtype="datetime64[D]"))
    built = time.process_time()
    total = simulation.calculate("児童手当", PERIOD).sum()
    end = time.process_time()
    print(json.dumps({
        "households": len(households),
        "per_second": len(households) / (end - built),
        "per_second_with_building": len(households) / (end - start),
        "total": int(total),
        "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }))


main()
