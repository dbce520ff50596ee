# A release for tests: the one before, with what lies beside this file put over it.
ARG BEFORE
FROM ${BEFORE}
COPY jobfolio /app/jobfolio
COPY migrations /app/migrations
ENV FLASK_APP=jobfolio.pronouns
