"""A small web service that takes submissions in, has them graded in the background, and shows the feedback.

store     every submission and its result, in a database
tokens    what students are given: links, tokens, sessions; all signed
secret    the two keys, in files that their owner alone reads
wire      what a submission says
intake    who may submit what, how often
grading   the queue, the workers, the ledger
pages     what people see; `browser` says who may see it
app       the routes
"""
