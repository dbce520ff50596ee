# A release for tests: the pages of the one before, which load their assets by other names.
ARG BEFORE
FROM ${BEFORE}
USER 0
RUN cd /srv/www && find . -name 'index*.gz' -delete \
 && for file in assets/index-*; do mv "$file" "assets/next-${file#assets/index-}"; done \
 && sed -i 's#/assets/index-#/assets/next-#g' index.html
USER 10002:10002
