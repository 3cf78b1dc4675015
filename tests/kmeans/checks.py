"""The checks of k-means."""

from reference.kmeans import cases, solution

from autograder.assignment import check, close_up_to_labels, expect, unpack


def _expect_labels(student, case):
    right = solution.assign(case.X, case.centres)
    expect(student.assign(case.X, case.centres), "labels").shape(len(case.X), axes=("N",)).whole().exact(right)


@check("assign", points=6, cases=cases.places)
def nearest_centre(student, case):
    """Each point gets the label of its nearest centre."""
    _expect_labels(student, case)


@check("assign", points=2, cases=cases.ties)
def ties_go_to_the_smallest(student, case):
    """If several centres are equally near, the smallest label counts."""
    _expect_labels(student, case)


@check("assign", points=2, cases=cases.far_away)
def far_from_zero(student, case):
    """The labels are right for points far from zero."""
    _expect_labels(student, case)


def _expect_centres(student, case):
    right = solution.update(case.X, case.labels, case.centres)
    found = student.update(case.X, case.labels, case.centres)
    expect(found, "centres").shape(*case.centres.shape, axes=("K", "d")).finite().close_to(right, case.tolerance)


@check("update", points=4, cases=cases.full_clusters)
def mean_of_the_points(student, case):
    """Each centre moves to the mean of its points."""
    _expect_centres(student, case)


@check("update", points=4, cases=cases.empty_clusters)
def empty_clusters_stay(student, case):
    """A centre without points stays where it is."""
    _expect_centres(student, case)


@check("update", points=2, cases=cases.whole_numbers)
def whole_numbers_come_in(student, case):
    """The centres that come in may be whole numbers."""
    _expect_centres(student, case)


def _expect_inertia(student, case):
    right = solution.inertia(case.X, case.labels, case.centres)
    expect(student.inertia(case.X, case.labels, case.centres), "the inertia").shape().finite().close_to(
        right, case.tolerance
    )


@check("inertia", points=4, cases=cases.nearest_labels)
def inertia_is_right(student, case):
    """The inertia is right for the labels of the nearest centres."""
    _expect_inertia(student, case)


@check("inertia", points=2, cases=cases.other_labels)
def inertia_of_given_labels(student, case):
    """The inertia belongs to the given labels, whatever they are."""
    _expect_inertia(student, case)


def _results(student, case):
    """The centres and the labels of a student, with numbers of the right kind."""
    N, d = case.X.shape
    centres, labels = unpack(student.kmeans(case.X, case.K, case.restarts, case.seed), ("centres", "labels"))
    centres = expect(centres, "centres", ("centres", "labels")).shape(case.K, d, axes=("K", "d")).finite()
    labels = expect(labels, "labels", ("centres", "labels")).shape(N, axes=("N",)).whole()
    labels.holds(bool(((labels.array >= 0) & (labels.array < case.K)).all()), "has clusters that do not exist.")
    return centres, labels


@check("centres", points=2, cases=cases.one_run)
def centres_are_means(student, case):
    """At the end each centre is the mean of its points."""
    centres, labels = _results(student, case)
    centres.close_to(solution.update(case.X, labels.array.astype(int), centres.array), case.tolerance)


@check("centres", points=2, cases=cases.own_centres)
def first_centres_differ(student, case):
    """The first centres are different points: with as many centres as points, each point is its own centre."""
    centres, labels = _results(student, case)
    found = solution.inertia(case.X, labels.array.astype(int), centres.array)
    expect(found, "the inertia").shape().close_to(0.0, case.tolerance, 1.0)


@check("centres", points=6, cases=cases.many_restarts)
def best_of_the_restarts(student, case):
    """The best of many restarts is returned."""
    centres, labels = _results(student, case)
    right_centres, right_labels = case.compute_once(solution.kmeans, "X", "K", "restarts", "seed")
    close_up_to_labels([(centres, right_centres, 0), (labels, right_labels, "values")], case.tolerance)


@check("labels", points=2, cases=cases.one_run)
def labels_are_nearest(student, case):
    """At the end each point has the label of its nearest centre."""
    centres, labels = _results(student, case)
    labels.exact(solution.assign(case.X, centres.array))


@check("largest", points=2, cases=cases.typed_in)
def largest_shop(student, case):
    """The answer to task 5 is right."""
    expect(student.value("largest"), "largest").shape().whole().exact(44)
