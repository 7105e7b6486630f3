# The bucket that files land in, where none is brought along.

locals {
  makes_bucket = var.existing_bucket_name == ""
  bucket_name  = local.makes_bucket ? aws_s3_bucket.landing[0].id : var.existing_bucket_name
  bucket_arn   = "arn:${data.aws_partition.current.partition}:s3:::${local.bucket_name}"
}

resource "aws_s3_bucket" "landing" {
  count         = local.makes_bucket ? 1 : 0
  bucket_prefix = "${substr(var.name, 0, 30)}-"
  force_destroy = false # a bucket that holds objects is not destroyed
}

resource "aws_s3_bucket_versioning" "landing" {
  count  = local.makes_bucket ? 1 : 0
  bucket = aws_s3_bucket.landing[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "landing" {
  count  = local.makes_bucket ? 1 : 0
  bucket = aws_s3_bucket.landing[0].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.bucket_key_arn == "" ? "AES256" : "aws:kms"
      kms_master_key_id = var.bucket_key_arn == "" ? null : var.bucket_key_arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "landing" {
  count                   = local.makes_bucket ? 1 : 0
  bucket                  = aws_s3_bucket.landing[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "landing" {
  count  = local.makes_bucket ? 1 : 0
  bucket = aws_s3_bucket.landing[0].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "landing" {
  count  = local.makes_bucket ? 1 : 0
  bucket = aws_s3_bucket.landing[0].id

  rule {
    id     = "old-versions"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_version_days
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

resource "aws_s3_bucket_logging" "landing" {
  count         = local.makes_bucket && var.access_log_bucket != "" ? 1 : 0
  bucket        = aws_s3_bucket.landing[0].id
  target_bucket = var.access_log_bucket
  target_prefix = "${var.name}/"
}

resource "aws_s3_bucket_notification" "landing" {
  count       = local.makes_bucket ? 1 : 0
  bucket      = aws_s3_bucket.landing[0].id
  eventbridge = true
}

resource "aws_s3_bucket_policy" "landing" {
  count  = local.makes_bucket ? 1 : 0
  bucket = aws_s3_bucket.landing[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}
