"""`autograder prove`."""

from __future__ import annotations

import io
import json
import statistics
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import autograder
from autograder.assignment import course_root, slugs
from autograder.building import make_key
from autograder.commands.terminal import Jobs, Quiet, console, counted, say, steps, usage_errors
from autograder.grading import Spec, has_personal_data, load_spec, versions_in_use
from autograder.proof import (
    THREADS,
    TRUST_NAME,
    Fairness,
    MutantHunt,
    Proof,
    Trust,
    ask_with_threads,
    count_mutants,
    draw_histograms,
    evidence_notebooks,
    further_calls,
    grade_under_load,
    hunt_mutants,
    matrix_table,
    merged,
    mutant_trust,
    proof_as_json,
    prove_variants,
    read_trust,
    sample_for_load,
    solutions_of,
    variant_trust,
    write_trust,
)
from autograder.runs import worker_count


def prove(
    slug: Annotated[
        str | None, typer.Argument(help="The assignment. The default is all assignments of the course.")
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="Write the table of which solution fails which check to this JSON file."),
    ] = None,
    svg_file: Annotated[
        Path | None,
        typer.Option("--svg", help="Draw the table of which solution fails which check into this SVG file."),
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Also grade mutants. A mutant is the reference with a small change that may make it wrong.",
        ),
    ] = False,
    variants: Annotated[
        int,
        typer.Option(
            "--variants", min=0, help="Also try this number of variants. A variant is the personal data of one student."
        ),
    ] = 0,
    figure: Annotated[
        Path | None,
        typer.Option("--variants-figure", help="Draw the properties of the variants into this .png or .svg file."),
    ] = None,
    disturb: Annotated[
        bool,
        typer.Option(
            "--disturb",
            help="Also grade a sample on a busy machine, and run the checks on all solutions with 1 and with 4 BLAS "
            "threads.",
        ),
    ] = False,
    jobs: Jobs = 0,
    quiet: Quiet = False,
) -> None:
    """Show that right solutions pass every check and that each known mistake fails a check of its part.

    If a claim is false, the command exits with 1. It writes what it measured into data/<slug>/trust.json. `report`
    shows it in trust.html.
    """
    with usage_errors():
        proven = True
        for name in [slug] if slug else slugs(course_root()):
            assignment = autograder.load(name)
            if mutants:
                further_calls(assignment)  # what they lack is said before minutes of work
            proof = autograder.prove(name, jobs=jobs, progress=partial(steps, "proving", quiet=quiet))
            assert proof.trust is not None  # it is the proof of a whole assignment
            trust, table = proof.trust, matrix_table(proof)
            if json_file:
                json_file.write_text(json.dumps(proof_as_json(proof), indent=1) + "\n", encoding="utf-8")
            if svg_file:
                paper = Console(record=True, width=120, file=io.StringIO())
                paper.print(table)
                paper.save_svg(str(svg_file), title=f"autograder prove {name}")
            if not quiet:
                console.print(table)
            _print_proof(name, proof, quiet)
            proven = proven and not proof.failures
            if mutants or variants or disturb:
                spec = load_spec(assignment)
            if mutants:
                with steps("hunting mutants", count_mutants(assignment), quiet) as step:
                    hunted = hunt_mutants(spec, worker_count(jobs), step)
                _print_hunt(name, hunted, quiet)
                proven = proven and not hunted.survivors and not hunted.unused_reasons
                trust = replace(trust, mutants=mutant_trust(spec, hunted))
            if variants and not has_personal_data(assignment):
                said = "there are no variants to try, because all students get the same data. See docs/variants.md."
                say(f"{name}: {said}", quiet=quiet)
            elif variants:
                with steps("proving variants", variants, quiet) as step:
                    fair = prove_variants(assignment, variants, worker_count(jobs), step, make_key)
                _print_fairness(name, fair, quiet)
                if figure and fair.properties:
                    draw_histograms(fair.properties, fair.bounds, assignment.hardness.measure(None), figure)
                proven = proven and not fair.failures
                trust = replace(trust, variants=variant_trust(fair))
            if disturb:
                trust = _disturbed(spec, evidence_notebooks(assignment), proof, trust, worker_count(jobs), quiet)
                proven = _print_disturbed(name, trust, quiet) and proven
            trust = merged(read_trust(assignment), trust)
            write_trust(assignment, trust)
            _print_environment(name, trust, quiet)
    if not proven:
        raise typer.Exit(1)


def _disturbed(spec: Spec, notebooks: Mapping[str, bytes], proof: Proof, trust: Trust, jobs: int, quiet: bool) -> Trust:
    """The same trust with what grading on a busy machine and several threads changed."""
    sample = sample_for_load(proof.rows, jobs, worker_count(0))
    with steps("grading on a busy machine", len(sample), quiet) as step:
        load = grade_under_load(spec, notebooks, proof.rows, jobs, step)
    with steps("asking with several threads", len(solutions_of(spec.assignment)), quiet) as step:
        threads = ask_with_threads(spec.assignment, jobs, step)
    return replace(trust, load=load, threads=threads)


def _print_proof(name: str, proof: Proof, quiet: bool) -> None:
    for check, why in proof.redundant.items():
        if not quiet:
            console.print(f"{check} catches no mistake alone; it stays because {why}", highlight=False, markup=False)
    for failure in proof.failures:
        console.print(f"[red]not proven:[/] {escape(failure)}", highlight=False, soft_wrap=True)
    if not quiet:
        right = sum(row.kind == "right" for row in proof.rows)
        verdict = "NOT proven" if proof.failures else "proven"
        console.print(
            f"{name}: {verdict} with {right} right solutions and {proof.misconceptions} mistakes. "
            f"The grader recognises {proof.recognised} of the mistakes.",
            highlight=False,
        )


def _print_fairness(name: str, fair: Fairness, quiet: bool) -> None:
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column(f"property of {fair.variants} variants")
    for column in ("least", "median", "most", "least allowed", "most allowed"):
        table.add_column(column, justify="right")
    for title, found in fair.properties.items():
        figures = (min(found), statistics.median(found), max(found), *fair.bounds[title])
        table.add_row(title, *(f"{figure:.3g}" for figure in figures))
    for failure in fair.failures:
        console.print(f"[red]not proven:[/] {escape(failure)}", highlight=False, soft_wrap=True)
    if not quiet:
        console.print(table)
        console.print(
            f"{name}: {'NOT proven' if fair.failures else 'proven'} for {fair.variants} variants. "
            f"Right and wrong solutions were tried {fair.asked} times on them.",
            highlight=False,
        )


def _print_hunt(name: str, hunted: MutantHunt, quiet: bool) -> None:
    for mutant, why in [] if quiet else hunted.listed_as_equivalent:
        console.print(f"listed as right: {escape(mutant.change)}: {escape(why)}", highlight=False, soft_wrap=True)
    for mutant in hunted.survivors:
        console.print(f"[red]escaped:[/] {mutant.name}, {escape(mutant.change)}", highlight=False, soft_wrap=True)
    for change in hunted.unused_reasons:
        said = f"\\[equivalent] argues for '{escape(change)}', but no mutant needs this line. Remove it."
        console.print(f"[red]stale:[/] {said}", highlight=False, soft_wrap=True)
    if not quiet:
        listed = len(hunted.listed_as_equivalent)
        total = hunted.caught + len(hunted.unchanged) + listed + len(hunted.survivors)
        console.print(
            f"{name}: {total} mutants: {len(hunted.unchanged)} give the same answers, {listed} are listed "
            f"as right in \\[equivalent], {hunted.caught} fail a check, {len(hunted.survivors)} are wrong and pass. "
            f"The checks catch {hunted.share:.1%} of the wrong mutants.",
            highlight=False,
        )


def _print_disturbed(name: str, trust: Trust, quiet: bool) -> bool:
    """Print what changed on a busy machine and with several threads. Returns whether nothing changed."""
    load, threads = trust.load, trust.threads
    assert load is not None
    counts = " and ".join(map(str, THREADS))
    failures = [f"{notebook} is judged otherwise on a busy machine" for notebook in load.differ]
    failures += [f"with {counts} threads, {differs} differs" for differs in threads.differ] if threads else []
    for failure in failures:
        console.print(f"[red]not proven:[/] {escape(failure)}", highlight=False, soft_wrap=True)
    if not quiet:
        said = f"{load.notebooks} notebooks beside {load.busy} busy processes on {counted(load.cores, 'core')}"
        console.print(f"{name}: {said}: {len(load.differ)} are judged otherwise.", highlight=False)
        said = "the number of BLAS threads can't be set here, so nothing was asked with several."
        if threads:
            said = f"{threads.solutions} solutions with {counts} threads: {len(threads.differ)} outcomes differ."
        console.print(f"{name}: {said}", highlight=False)
    return not failures


def _print_environment(name: str, trust: Trust, quiet: bool) -> None:
    """Print whether this run's outcomes are those of the first run for the same files."""
    first = trust.environments[0]
    here = next(e for e in trust.environments if e.versions == tuple(versions_in_use().values()))
    for names, how in ((here.differ, "pass other checks"), (here.named_otherwise, "get other names of mistakes")):
        if names:
            said = f"{len(names)} of {here.notebooks} notebooks {how} than in the first run ({first.described})"
            console.print(f"{name}: {said}: {', '.join(names)}", highlight=False, markup=False, soft_wrap=True)
    if not quiet:
        more = "" if here is first else f" It keeps the other numbers of {first.described}."
        console.print(
            f"{name}: data/{name}/{TRUST_NAME} has what was measured with {here.described}.{more}", highlight=False
        )
